//! Folders to serve: a day on which many arrive, and a year that made-up people have lived through.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use chrono_tz::Asia::Shanghai;
use linli::{
    compose::{Node, is_synthetic},
    output::Progress,
    seeds::{File, embedded, load::load, read},
    simulate::{Asked, Run, Stage, on_one_thread},
    transfer,
};
use linli_people::{
    People,
    adapters::{NewResident, NewStaff},
    contract::Purpose,
};
use linli_platform::{
    clock::Clock,
    directory::{SignIn, SignedIn},
    entropy::Entropy,
    event_log::sqlite::{OpenMode, SqliteLog},
    ids::{Actor, Position},
    service::settle,
    stream::Meta,
    web::session,
};
use std::fmt::Write as _;

use super::{open, told};

/// The community where it happens.
pub const COMMUNITY: &str = "xiguan";

/// A day with many doors, and people before them.
pub struct Doors {
    /// The cookie of whoever takes the rolls, as a header.
    pub cookie: String,
    /// Where check-ins go, door by door.
    pub paths: Vec<String>,
    /// Everybody's own signed code.
    pub codes: Vec<String>,
}

fn actor() -> Actor {
    Actor::Operator("bench".to_owned())
}

/// Activities that begin in half an hour, each with a roll of its own.
fn plan(doors: usize, start: DateTime<Utc>) -> String {
    let local = start.with_timezone(&Shanghai);
    let (date, time) = (local.format("%Y-%m-%d"), local.format("%H:%M"));
    let mut text =
        format!("community = \"{COMMUNITY}\"\n[[venue]]\nkey = \"hall\"\nname = \"近邻议事厅\"\n");
    for door in 0..doors {
        // Nothing can go wrong in memory.
        let _ = write!(
            text,
            "[[activity]]\nkey = \"door-{door}\"\ntitle = \"邻里议事日\"\nkinds = [\"议事\"]\n\
             venue = \"hall\"\nvisibility = \"public\"\nstate = \"published\"\nminutes = 120\n\
             [[activity.segment]]\nfrom = {date}\n\
             rule = '''\ndates = [\"{date}\"]\nat = \"{time}\"\n'''\n"
        );
    }
    text
}

fn files(plan: String) -> Vec<File> {
    let wanted = |file: &&File| {
        ["places.toml", "2026.toml", "scoring/wuhang.toml", "scoring/xiangkou.toml"]
            .iter()
            .any(|name| file.path.ends_with(name))
    };
    let mut files: Vec<File> = embedded::files().iter().filter(wanted).cloned().collect();
    files.push(File { path: format!("seeds/{COMMUNITY}.toml"), text: plan });
    files
}

async fn quiet(node: &Node) -> Result<()> {
    let tables = node.services().await.map_err(told)?.map(|service| &service.tables);
    settle(node.platform.log.as_ref(), &node.platform.clock, &tables).await?;
    Ok(())
}

/// Fills a folder with a day of `doors` doors and `people` people.
pub async fn doors(folder: &Path, doors: usize, people: usize) -> Result<Doors> {
    let node = open(folder).await?;
    let quietly = Progress::to(|_| ());
    let now = node.platform.clock.now();
    let start = DateTime::from_timestamp(now.timestamp() / 60 * 60, 0).context("a time")?
        + TimeDelta::minutes(30);
    let seeds = read::read(&files(plan(doors, start))).map_err(told)?;
    load(&node.platform, &actor(), &seeds, &quietly).await.map_err(told)?;
    quiet(&node).await?;
    let registry = node.registry(&quietly).await.map_err(told)?;
    let codes = residents(&node, &registry, people).await?;
    let cookie = cookie(&node, &registry).await?;
    quiet(&node).await?;
    let id = start.with_timezone(&Shanghai).format("%Y%m%dT%H%M%S").to_string();
    let path = |door| format!("/api/v1/c/{COMMUNITY}/rolls/door-{door}/{id}/check-ins");
    Ok(Doors { cookie, paths: (0..doors).map(path).collect(), codes })
}

async fn residents(node: &Node, people: &People, many: usize) -> Result<Vec<String>> {
    let new = |n: usize| NewResident {
        building: format!("{COMMUNITY}-b{:02}", n % 24 + 1),
        name: format!("测试居民{n}"),
        phone: format!("000{n:08}"),
        language: "zh".to_owned(),
        synthetic: true,
        consents: vec![Purpose::Storage, Purpose::Rankings],
        how: "import".to_owned(),
        ..NewResident::default()
    };
    let platform = &node.platform;
    let mut codes = Vec::with_capacity(many);
    for from in (0..many).step_by(2_000) {
        let some = (from..many.min(from + 2_000)).map(|n| (n as u64 + 1, new(n))).collect();
        let meta = Meta::by(actor(), platform.entropy.command());
        let made = platform.clock.now().timestamp_micros().to_be_bytes();
        for id in people.write_all(&meta, some).await?.0 {
            let says = [&id.as_bytes()[..], &made].concat();
            codes.push(platform.vault.seal_cookie("check-in", &says)?);
        }
    }
    Ok(codes)
}

async fn cookie(node: &Node, people: &People) -> Result<String> {
    let who = NewStaff {
        name: "Bench".to_owned(),
        email: "bench@example.org".to_owned(),
        language: "zh".to_owned(),
        role: "roll-keeper".to_owned(),
        community: "*".to_owned(),
    };
    let platform = &node.platform;
    let invited = people.invite(Meta::by(actor(), platform.entropy.command()), who).await?;
    quiet(node).await?;
    let epoch = platform.vault.session_epoch(invited.person)?;
    let session = SignIn::Session { person: invited.person, epoch };
    let SignedIn::As(who) = platform.directory.sign_in(session).await? else {
        anyhow::bail!("whoever was invited can't sign in");
    };
    let cookie = session::issue(platform, &who).context("no cookie")?;
    let cookie = cookie.to_str()?.split(';').next().unwrap_or_default();
    Ok(format!("Cookie: {cookie}\r\n"))
}

/// Fills a folder with the last `days` days of one community, lived by made-up people; how many
/// events stand on its log.
pub fn lived(folder: &Path, days: u64, residents: usize) -> Result<u64> {
    let data = folder.join("data");
    let now = Clock::system().now();
    let to: NaiveDate = now.with_timezone(&Shanghai).date_naive();
    let from = to.checked_sub_days(Days::new(days)).unwrap_or(to);
    let asked = Asked {
        files: embedded::files().to_vec(),
        from,
        to,
        residents,
        of: std::collections::BTreeMap::default(),
        seed: 1,
        communities: Some(1),
    };
    let there = data.clone();
    let lived = on_one_thread(move || async move {
        let stage = Stage {
            data: data.clone(),
            secrets: Entropy::system(),
            kept: None,
            public_url: "http://localhost".to_owned(),
            ends: now,
        };
        let quietly = Progress::to(|_| ());
        let mut run = Run::on(stage, &asked, &quietly).await?;
        run.live(&quietly).await?;
        let log = SqliteLog::open(&data, OpenMode::Simulate)?;
        transfer::copy(&run.log, Position(0), &log).await?;
        Ok(run.report(&asked)?.log.events)
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let events = runtime.block_on(lived).map_err(told)?;
    ensure!(is_synthetic(&there), "the folder is not marked");
    Ok(events)
}
