//! Every word that the desk asks for is there.

use linli_platform::web::Language;

use super::super::{
    form,
    rule_form::{FESTIVALS, POLICIES},
};
use crate::{
    contract::{Attendance, Visibility},
    routes::{Text, WORDS},
};

/// The `desk-` keys that a text asks for; those that are put together end in `_`.
fn asked(text: &str) -> Vec<String> {
    let mut keys = Vec::new();
    for rest in text.split("\"desk-").skip(1) {
        let key = rest.split('"').next().unwrap();
        let is_group = rest[key.len()..].starts_with("\", ") && key.find('_').is_none();
        if !key.contains('{') && !key.contains(' ') {
            keys.push(if is_group { format!("desk-{key}?") } else { format!("desk-{key}") });
        }
    }
    keys
}

#[test]
fn every_word_is_there() {
    let home = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let zh = std::fs::read_to_string(home.join("locales/zh.toml")).unwrap();
    let mut seen = 0;
    for folder in ["templates", "src/routes/desk"] {
        for file in std::fs::read_dir(home.join(folder)).unwrap().map(Result::unwrap) {
            let desk =
                folder != "templates" || file.file_name().to_str().unwrap().starts_with("desk_");
            if !desk || file.path().is_dir() {
                continue;
            }
            for key in asked(&std::fs::read_to_string(file.path()).unwrap()) {
                let key = key.trim_end_matches('?');
                let group = format!("\n{key}_");
                let there = WORDS.get(Language::En, key) != key || zh.contains(&group);
                assert!(there, "{:?} asks for {key}", file.file_name());
                seen += 1;
            }
        }
    }
    assert!(seen > 200, "{seen}");
}

#[test]
fn every_choice_has_its_words() {
    let t = Text(Language::Zh);
    let there = |group: &str, name: &str| {
        assert_ne!(t.of(group, name), format!("{group}_{name}"));
    };
    for one in POLICIES {
        there("desk-policy", one);
    }
    for (one, ..) in FESTIVALS {
        there("desk-festival", one);
    }
    for one in [Visibility::Public, Visibility::Team, Visibility::Staff] {
        there("desk-visibility", form::visibility(one));
    }
    for one in [Attendance::Names, Attendance::Headcount, Attendance::Paper] {
        there("desk-attendance", form::attendance(one));
    }
    for field in [
        "title",
        "title_en",
        "kinds",
        "visibility",
        "team",
        "venue",
        "rotation",
        "audience",
        "minutes",
        "capacity",
        "attendance",
        "expected",
        "guardian_consent",
        "duties",
        "contact",
        "lender",
        "promise",
        "kind",
        "at_least",
        "per",
        "partners",
        "text",
        "text_en",
        "from",
        "until",
        "rule",
        "when",
        "state",
        "name",
        "name_en",
        "about",
    ] {
        there("desk-field", field);
    }
    for state in ["draft", "computed", "opened", "moved", "cancelled", "held"] {
        there("state", state);
    }
}

#[test]
fn what_a_process_asked_in_vain_is_told_in_the_readers_language() {
    use crate::deciders::{activity, venue};
    let (id, by) = ("20261112T193000".parse().unwrap(), "20261112T150000".parse().unwrap());
    let no = activity::Rejection::StandsAlready { id, by };
    let detail = serde_json::to_string(&no).unwrap();
    let to = "xiguan/calendar/activity/1".parse().unwrap();
    let told = |language, detail| crate::routes::refused(language, &to, detail);
    assert!(told(Language::Zh, &detail).unwrap().contains("20261112T150000"));
    assert_ne!(told(Language::Zh, &detail), told(Language::En, &detail));
    assert_eq!(told(Language::Zh, ""), None);
    let to = "xiguan/calendar/venue/1".parse().unwrap();
    let detail = serde_json::to_string(&venue::Rejection::Unknown).unwrap();
    assert!(crate::routes::refused(Language::Zh, &to, &detail).unwrap().contains("场地"));
}
