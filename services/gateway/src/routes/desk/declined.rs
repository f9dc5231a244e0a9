//! What processes asked for in vain, told at the desk in the reader's language.

use chrono::{DateTime, Utc};
use linli_platform::{
    ids::{EVERYWHERE, StreamId, Version},
    tables::{NOTHING_TO_DO, Noted},
    web::Refusal,
};

use super::super::{Gateway, lines::Here, words::Text};

/// How many it shows.
const SHOWN_MAX: u64 = 10;
/// All processes: service and name.
const PROCESSES: [(&str, &str); 11] = [
    ("calendar", "opening"),
    ("calendar", "booking"),
    ("attendance", "keep-rolls"),
    ("attendance", "keep-duties"),
    ("attendance", "keep-expected"),
    ("attendance", "hand-over-places"),
    ("notifier", "reminders"),
    ("notifier", "heirs"),
    ("ranking", "tallies"),
    ("ranking", "bulletins"),
    ("ranking", "carry-points"),
];

/// One that was refused.
pub(super) struct Vain {
    pub when: String,
    pub service: String,
    pub why: String,
}

/// The newest of a community, and of wallets and residents, which are everywhere.
pub(super) async fn newest(gateway: &Gateway, t: Text, here: &Here) -> Result<Vec<Vain>, Refusal> {
    let log = &gateway.platform.log;
    let mut all: Vec<(DateTime<Utc>, Vain)> = Vec::new();
    let streams = [&here.place.code, EVERYWHERE].into_iter().flat_map(|community| {
        let of = move |(service, name): &(&str, &str)| {
            StreamId::new(community, service, "process", name).ok()
        };
        PROCESSES.iter().filter_map(of)
    });
    for stream in streams {
        let Some(head) = log.head(&stream).await.map_err(Refusal::failed)? else { continue };
        let after = Version(head.version.0.saturating_sub(SHOWN_MAX));
        for commit in log.read(&stream, after).await.map_err(Refusal::failed)? {
            let noted = commit.events().filter_map(|(_, entry, event)| {
                Some((entry.at, vain(t, here, entry.at, &event.decode().ok()?)))
            });
            all.extend(noted);
        }
    }
    all.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    all.truncate(usize::try_from(SHOWN_MAX).unwrap_or(usize::MAX));
    Ok(all.into_iter().map(|(_, vain)| vain).collect())
}

fn vain(t: Text, here: &Here, at: DateTime<Utc>, noted: &Noted) -> Vain {
    let Noted::Declined { to, reason, detail } = noted;
    let told = match to.service() {
        "calendar" => linli_calendar::routes::refused(t.0, to, detail),
        "attendance" => linli_attendance::refused(t.0, here.zone, to, detail),
        "notifier" => linli_notifier::refused(t.0, to, detail),
        "ranking" => linli_ranking::refused(t.0, here.zone, to, detail),
        _ => None,
    };
    let why = told.unwrap_or_else(|| match reason.as_str() {
        NOTHING_TO_DO => t.w("nothing_to_do").to_owned(),
        // Noted by an older program, which kept the English reason alone.
        _ => t.of("reason_in_english", reason),
    });
    let local = at.with_timezone(&here.zone);
    Vain {
        when: format!("{} {}", t.day(local.date_naive()), local.format("%H:%M")),
        service: t.w(&format!("service_{}", to.service())).to_owned(),
        why,
    }
}
