//! What is wrong is said with its place and the way out, and nothing is half done.

use std::{
    fs,
    io::{Read as _, Seek as _, SeekFrom, Write as _},
};

use crate::{
    process::{Office, Said},
    tools,
};

/// An office with places and Xiguan.
fn seeded() -> Office {
    let office = Office::new();
    let seeds = tools::root().join("seeds");
    for file in ["places.toml", "holidays/2026.toml", "xiguan.toml"] {
        office.does(&["seed", seeds.join(file).to_str().unwrap()]);
    }
    office
}

fn refused(said: &Said, parts: &[&str]) {
    assert_eq!(said.code, 1, "{said:?}");
    for part in parts {
        assert!(said.err.contains(part), "{part} is missing in {}", said.err);
    }
}

#[test]
fn an_unknown_key_of_the_configuration_is_named_with_its_line() {
    let office = Office::new();
    office.configure("public_url = 'https://linli.example.cn'\nlisten_port = 80\n");
    for arguments in [&["serve"][..], &["serve", "--check-config"]] {
        refused(&office.says(arguments), &["linli.toml, line 4", "listen_port"]);
    }
    assert!(!office.path("data").exists(), "no folder is made for it");
}

#[test]
fn a_second_writer_is_told_who_has_the_folder() {
    let office = seeded();
    let server = office.serve();
    let data = office.path("data");
    refused(&office.says(&["serve"]), &[data.to_str().unwrap()]);
    // What a command wants to write goes through the server that is there.
    let there = office.does(&["seed", tools::root().join("seeds/xiguan.toml").to_str().unwrap()]);
    assert!(there.starts_with("already there"), "{there}");
    drop(server);
}

#[test]
fn a_corrupted_record_is_named() {
    let office = seeded();
    office.does(&["verify"]);
    // One bit of a title, wherever SQLite keeps it.
    let path = office.path("data").join("log.db");
    let mut file = fs::File::options().read(true).write(true).open(&path).unwrap();
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).unwrap();
    let title = "近邻读书会".as_bytes();
    let at = bytes.windows(title.len()).position(|part| part == title).expect("the title");
    file.seek(SeekFrom::Start(at as u64)).unwrap();
    file.write_all(&[title[0] ^ 1]).unwrap();
    drop(file);
    refused(&office.says(&["verify"]), &["log.db", "first bad record", "linli restore"]);
    let report = office.says(&["verify", "--json"]);
    let report: serde_json::Value = serde_json::from_str(&report.out).unwrap();
    assert!(report["ok"] == false && report["first_bad"]["position"].as_u64().unwrap() > 1);
}

#[test]
fn seeds_that_are_wrong_are_named_with_file_and_line_and_nothing_is_written() {
    let office = Office::new();
    let file = office.path("xiguan.toml");
    let path = file.to_str().unwrap();
    let activity = "community = \"xiguan\"\n[[activity]]\nkey = \"talk\"\ntitle = \"议事\"\n\
        kinds = [\"议事\"]\nvisibility = \"public\"\nstate = \"published\"\nminutes = 60\n";
    let segment = "[[activity.segment]]\nfrom = 2026-01-01\n";
    for (text, parts) in [
        ("community = \"xiguan\"\n[[venue\n".to_owned(), &["xiguan.toml, line 2"][..]),
        (
            format!("{activity}venue = \"nowhere\"\n{segment}rule = 'cron = \"0 0 9 5 * *\"'\n"),
            &["xiguan.toml, line 9", "nowhere"],
        ),
        (
            format!(
                "{activity}venue = \"hall\"\n{segment}rule = '''\nlunar = {{ month = 13, day = 1 }}\n\
                 at = \"19:00\"\n'''\n[[venue]]\nkey = \"hall\"\nname = \"厅\"\n"
            ),
            &["xiguan.toml, line 12", "13"],
        ),
    ] {
        fs::write(&file, &text).unwrap();
        refused(&office.says(&["seed", path]), parts);
        assert!(!office.path("data").exists(), "no folder is made for it");
    }
}

#[test]
fn a_list_of_residents_with_a_mangled_number_is_refused_with_its_line() {
    let office = seeded();
    let file = office.path("residents.csv");
    let text = "姓名,楼栋,房号,手机\n测试居民甲,xiguan-b03,101,13900000001\n\
        测试居民乙,xiguan-b03,102,1.39E+10\n测试居民丙,哪儿都不是,103,\n";
    // As a spreadsheet on an old PC saves it.
    let (bytes, _, _) = encoding_rs::GB18030.encode(text);
    fs::write(&file, bytes).unwrap();
    let import = ["import", "residents", file.to_str().unwrap(), "--community", "xiguan"];
    let said = office.says(&import);
    refused(&said, &["residents.csv, line 3", "1.39E+10", "line 4", "nothing was written"]);
    let right = text.replace("1.39E+10", "13900000002").replace("哪儿都不是", "xiguan-b04");
    let (bytes, _, _) = encoding_rs::GB18030.encode(&right);
    fs::write(&file, bytes).unwrap();
    let dry = office.does(&[&import[..], &["--dry-run"]].concat());
    assert!(dry.starts_with("3 new"), "{dry}");
    assert!(office.does(&import).starts_with("3 written, 0 already there"));
    assert!(office.does(&import).starts_with("0 written, 3 already there"));
}

#[test]
fn what_is_no_address_no_date_or_no_community_is_said() {
    let office = seeded();
    let invite = ["invite", "--name", "Test", "--email", "not an address"];
    assert_eq!(office.says(&invite).code, 1);
    let agenda = |code, from| ["agenda", "--community", code, "--from", from, "--to", "2026-12-31"];
    refused(&office.says(&agenda("nowhere", "2026-01-01")), &["nowhere", "xiguan"]);
    assert_eq!(office.says(&agenda("xiguan", "2026-02-30")).code, 2);
    assert_eq!(office.says(&agenda("xiguan", "2027-02-03")).code, 2);
    assert_eq!(office.says(&["frobnicate"]).code, 2);
}

#[test]
fn the_agenda_of_a_seeded_year_has_the_36_days_and_the_seven_festivals() {
    let office = seeded();
    let out = office.does(&[
        "agenda",
        "--community",
        "xiguan",
        "--from",
        "2026-01-01",
        "--to",
        "2026-12-31",
        "--json",
    ]);
    let lines: Vec<serde_json::Value> = serde_json::from_str(&out).unwrap();
    let of = |kind: &str| {
        let has = |line: &&serde_json::Value| {
            line["kinds"].as_array().unwrap().iter().any(|one| one == kind)
        };
        lines.iter().filter(has).count()
    };
    assert_eq!([of("党员日"), of("邻里议事日"), of("爱邻日")], [12, 12, 12]);
    let starts: Vec<_> = lines.iter().map(|line| line["start"].as_str().unwrap()).collect();
    assert!(starts.is_sorted());
    for day in ["02-17", "03-03", "04-05", "06-19", "08-19", "09-25", "10-18"] {
        let day = format!("2026-{day}");
        let festival = |line: &serde_json::Value| {
            line["start"].as_str().unwrap().starts_with(&day)
                && line["kinds"].as_array().unwrap().iter().any(|kind| kind == "我们的节日")
        };
        assert!(lines.iter().any(festival), "{day}");
    }
}
