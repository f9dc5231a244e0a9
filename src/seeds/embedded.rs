//! The seeds that are part of the program, so that it shows a demonstration wherever it is.

use std::sync::LazyLock;

use super::File;

macro_rules! seeds {
    ($($path:literal),* $(,)?) => {
        [$(($path, include_str!(concat!("../../seeds/", $path)))),*]
    };
}

const FILES: [(&str, &str); 33] = seeds![
    "places.toml",
    "guangling.toml",
    "guanyuan.toml",
    "junhe.toml",
    "linjiaya.toml",
    "tianbao.toml",
    "tianqiao.toml",
    "xiguan.toml",
    "holidays/2007.toml",
    "holidays/2008.toml",
    "holidays/2009.toml",
    "holidays/2010.toml",
    "holidays/2011.toml",
    "holidays/2012.toml",
    "holidays/2013.toml",
    "holidays/2014.toml",
    "holidays/2015.toml",
    "holidays/2016.toml",
    "holidays/2017.toml",
    "holidays/2018.toml",
    "holidays/2019.toml",
    "holidays/2020.toml",
    "holidays/2021.toml",
    "holidays/2022.toml",
    "holidays/2023.toml",
    "holidays/2024.toml",
    "holidays/2025.toml",
    "holidays/2026.toml",
    "scoring/guangling.toml",
    "scoring/linjiaya.toml",
    "scoring/tianqiao.toml",
    "scoring/wuhang.toml",
    "scoring/xiangkou.toml",
];

static ALL: LazyLock<Vec<File>> = LazyLock::new(|| {
    let file =
        |(path, text): (&str, &str)| File { path: format!("seeds/{path}"), text: text.to_owned() };
    FILES.into_iter().map(file).collect()
});

/// All files, as they stood in `seeds/` when the program was built.
pub fn files() -> &'static [File] {
    &ALL
}
