use std::collections::BTreeSet;

use linli_platform::{ids::Actor, testing::Kit};

use super::{
    File,
    commands::{Commands, Known, Places, stages, zone_of},
    embedded,
    load::{Report, load},
    read::{Seeds, read},
};
use crate::output::Progress;

const HEAD: &str = "community = \"xiguan\"\n[[venue]]\nkey = \"hall\"\nname = \"近邻议事厅\"\n";

fn file(path: &str, text: &str) -> File {
    File { path: path.to_owned(), text: text.to_owned() }
}

/// An activity with `more` keys; it begins in line 5.
fn activity(more: &str) -> String {
    format!(
        "{HEAD}[[activity]]\nkey = \"talk\"\ntitle = \"议事\"\nkinds = [\"议事\"]\n\
         visibility = \"public\"\nstate = \"published\"\nminutes = 60\n{more}\n"
    )
}

const SEGMENT: &str =
    "[[activity.segment]]\nfrom = 2026-01-01\nrule = 'cron = \"0 0 19 12 * *\"'\n";

fn problem(text: &str) -> String {
    let failure = read(&[file("seeds/xiguan.toml", text)]).unwrap_err();
    failure.text().unwrap().to_owned()
}

#[test]
fn the_programs_own_seeds_are_right() {
    let seeds = read(embedded::files()).unwrap();
    assert_eq!(seeds.communities.len(), 7);
    assert_eq!(seeds.holidays.len(), 20);
    let all = commands(&seeds);
    assert!(all.iter().flatten().count() > 400);
    let streams: BTreeSet<_> = all.iter().flatten().map(|work| work.stream.clone()).collect();
    assert_eq!(streams.len(), all.iter().flatten().count(), "one element, one stream");
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds");
    let on_disk: BTreeSet<_> =
        super::read::files(&folder).unwrap().into_iter().map(|file| file.text).collect();
    let within: BTreeSet<_> = embedded::files().iter().map(|file| file.text.clone()).collect();
    assert_eq!(on_disk, within, "every file of seeds/ is part of the program");
}

fn places(seeds: &Seeds) -> Places {
    let place = |item: &super::read::Item<super::text::Place>| {
        let (parent, zone) = (item.it.parent.clone(), item.it.zone.clone());
        (item.it.code.clone(), Known { parent, zone })
    };
    seeds.places.iter().map(place).collect()
}

fn commands(seeds: &Seeds) -> Vec<Vec<super::commands::Work>> {
    let table = crate::holidays::embedded().unwrap();
    stages(seeds, &places(seeds), &table).unwrap()
}

#[test]
fn a_wrong_key_or_value_is_told_with_its_line() {
    for (text, line, named) in [
        (format!("{HEAD}colour = 1\n"), 5, "unknown field `colour`"),
        (format!("{HEAD}capacity = \"many\"\n"), 5, "invalid type"),
        (format!("{HEAD}= 1\n"), 5, "= 1"),
        (activity(&format!("venue = \"hal\"\n{SEGMENT}")), 12, "no venue 'hal'"),
        (activity(&format!("venue = \"hal\"\n{SEGMENT}")), 12, "it has hall"),
        (activity("venue = \"hall\""), 5, "missing field `segment`"),
        (activity(SEGMENT), 5, "name one `venue`, or a `rotation`"),
        (activity(&format!("venue = \"hall\"\nteam = \"red\"\n{SEGMENT}")), 13, "no team 'red'"),
    ] {
        let told = problem(&text);
        assert!(told.contains(&format!("seeds/xiguan.toml, line {line}: ")), "{line}: {told}");
        assert!(told.contains(named), "{named}: {told}");
    }
}

#[test]
fn a_wrong_rule_or_date_is_told_with_its_line() {
    let with = |segment: &str| activity(&format!("venue = \"hall\"\n{segment}"));
    let second = "[[activity.segment]]\nfrom = 2025-01-01\nrule = 'month_day = 1'\n";
    let described = "[[activity.described]]\nid = \"2026-11-12\"\ntitle = \"x\"\n";
    for (text, line, named) in [
        (with("[[activity.segment]]\nfrom = 2026-01-01\nrule = ''\n"), 15, "says no dates"),
        (with("[[activity.segment]]\nfrom = 2026-02-30\nrule = ''\n"), 14, "2026-02-30"),
        (with(&format!("{SEGMENT}{second}")), 16, "do not overlap"),
        (with(&format!("{SEGMENT}{described}")), 17, "20260925T190000"),
    ] {
        let told = problem(&text);
        assert!(told.contains(&format!("seeds/xiguan.toml, line {line}: ")), "{line}: {told}");
        assert!(told.contains(named), "{named}: {told}");
    }
}

#[test]
fn every_problem_of_all_files_is_told_at_once() {
    let one = activity(&format!("venue = \"hal\"\n{SEGMENT}"));
    let two = "zone = \"Asia/Shanghai\"\nplace = [\n  { code = \"a\", name = \"甲\", kind = \"town\" },\n]\n";
    let told = read(&[file("xiguan.toml", &one), file("places.toml", two)]).unwrap_err();
    let told = told.text().unwrap();
    assert!(told.contains("xiguan.toml, line 12: ") && told.contains("places.toml, line 3: "));
    let twice = format!("{HEAD}[[venue]]\nkey = \"hall\"\nname = \"厅\"\n");
    assert!(problem(&twice).contains("stands in line 2 already"));
    let named = problem("community = \"guanyuan\"\n");
    assert!(named.contains("the file is called xiguan"), "{named}");
}

#[test]
fn places_and_described_dates_that_are_not_there_are_told() {
    let text = activity(&format!(
        "venue = \"hall\"\n{SEGMENT}[[activity.described]]\nid = \"20261113T190000\"\ntitle = \"x\"\n"
    ));
    let seeds = read(&[file("xiguan.toml", &text)]).unwrap();
    let table = linli_almanac::HolidayTable::new();
    let told = stages(&seeds, &Places::new(), &table).unwrap_err();
    assert!(told.text().unwrap().contains("no such place"), "{told:?}");
    let zone = "Asia/Shanghai".to_owned();
    let known = Places::from([("xiguan".to_owned(), Known { parent: String::new(), zone })]);
    assert_eq!(zone_of(&known, "xiguan").as_deref(), Some("Asia/Shanghai"));
    let told = stages(&seeds, &known, &table).unwrap_err();
    let told = told.text().unwrap();
    assert!(told.contains("line 17") && told.contains("no occurrence 20261113T190000"), "{told}");
}

#[test]
fn an_own_time_is_an_opening_that_keeps_its_id() {
    let seeds = read(embedded::files()).unwrap();
    let all = commands(&seeds);
    let openings = all.iter().flatten().filter_map(|work| match &work.commands {
        Commands::Activity(all) => Some(all),
        _ => None,
    });
    let openings: Vec<_> = openings
        .flatten()
        .filter_map(|command| match command {
            linli_calendar::deciders::activity::Command::Open { opening, own: true } => {
                Some(opening)
            }
            _ => None,
        })
        .collect();
    let talk = openings.iter().find(|o| o.recurrence_id.to_string() == "20261212T193000").unwrap();
    assert_eq!(talk.start.to_rfc3339(), "2026-12-12T07:00:00+00:00", "15:00 in Xiguan");
    assert_eq!((talk.end - talk.start).num_minutes(), 90);
}

async fn loaded(kit: &Kit, files: &[File]) -> Result<Report, crate::failure::Failure> {
    let actor = Actor::Operator("test".into());
    load(&kit.platform, &actor, &read(files)?, &Progress::to(|_| {})).await
}

fn kit() -> Kit {
    let directory = |vault: &linli_platform::vault::Vault| -> std::sync::Arc<
        dyn linli_platform::directory::Directory,
    > { std::sync::Arc::new(linli_people::PeopleDirectory::new(vault)) };
    Kit::new("2026-11-02T08:00:00+08:00", directory)
}

#[tokio::test]
async fn what_is_there_is_left_and_what_was_edited_is_named() {
    let kit = kit();
    let first = loaded(&kit, embedded::files()).await.unwrap();
    assert_eq!((first.there, first.edited.len()), (0, 0));
    let again = loaded(&kit, embedded::files()).await.unwrap();
    assert_eq!((again.new, again.there, again.edited.len()), (0, first.new, 0));
    let edited = embedded::files().iter().cloned().map(|mut file| {
        if file.name() == "xiguan.toml" {
            file.text = file.text.replace("邻里健步走", "邻里慢跑");
            file.text.insert_str(0, "# A comment changes nothing.\n");
        }
        file
    });
    let edited = loaded(&kit, &edited.collect::<Vec<_>>()).await.unwrap();
    assert_eq!((edited.new, edited.there), (0, first.new - 1));
    assert_eq!(edited.edited[0].what, "activity 'walk'");
    assert_eq!(edited.edited[0].file, "seeds/xiguan.toml");
}

#[tokio::test]
async fn a_no_of_one_element_leaves_nothing_half_done() {
    use linli_platform::{event_log::EventLog as _, ids::Position};

    let kit = kit();
    let places = embedded::files()[0].clone();
    // A rule with times of day needs a length.
    let text = activity(&format!("venue = \"hall\"\n{SEGMENT}")).replace("minutes = 60\n", "");
    let told = loaded(&kit, &[places, file("xiguan.toml", &text)]).await.unwrap_err();
    let told = told.text().unwrap();
    assert!(told.contains("xiguan.toml, line 5: activity 'talk': "), "{told}");
    assert_eq!(kit.log.last().await.unwrap(), Position(0));
}
