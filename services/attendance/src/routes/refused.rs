//! Why what attendance's processes asked for was refused, in the reader's words.

use chrono_tz::Tz;
use linli_platform::{decider::Decider, ids::StreamId, web::Language};

use super::text::Text;
use crate::deciders::{duty, duty::Duty, roll, roll::Roll, standing, standing::Standing};

/// Why a command was refused, from the `detail` that its process noted. None where that can't be
/// read.
pub fn refused(language: Language, zone: Tz, to: &StreamId, detail: &str) -> Option<String> {
    let t = Text(language);
    let show = |at| t.when(at, zone);
    match to.category() {
        Roll::CATEGORY => {
            let no: roll::Rejection = serde_json::from_str(detail).ok()?;
            Some(t.no(no.key(), &no.values(&show)))
        }
        // What stands beside all occurrences has an id of its own.
        Standing::CATEGORY if to.uuid().is_some() => {
            let no: standing::Rejection = serde_json::from_str(detail).ok()?;
            Some(t.no(no.key(), &no.values(&|on| t.day(on))))
        }
        Duty::CATEGORY => {
            let no: duty::Rejection = serde_json::from_str(detail).ok()?;
            Some(t.no(no.key(), &no.values(&show)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use linli_platform::testing::at;
    use serde::Serialize;

    use super::*;

    fn told(language: Language, category: &str, no: &impl Serialize) -> String {
        named(language, category, "1-20261105T090000", no)
    }

    fn named(language: Language, category: &str, id: &str, no: &impl Serialize) -> String {
        let to = StreamId::new("xiguan", crate::SERVICE, category, id).unwrap();
        let detail = serde_json::to_string(no).unwrap();
        refused(language, Tz::Asia__Shanghai, &to, &detail).unwrap()
    }

    #[test]
    fn what_was_refused_is_told_in_both_languages() {
        let started = roll::Rejection::Started(at("2026-11-05T01:00:00Z"));
        assert!(told(Language::Zh, "roll", &started).contains("2026年11月5日 09:00"));
        assert!(told(Language::En, "roll", &started).contains("5 Nov 2026, 09:00"));
        let full = duty::Rejection::Full(3);
        assert!(told(Language::Zh, "duty", &full).contains('3'));
        let away = standing::Rejection::AwayAlready("2026-11-05".parse().unwrap());
        assert!(
            named(Language::Zh, "duty", &uuid::Uuid::nil().to_string(), &away)
                .contains("2026年11月5日")
        );
    }

    #[test]
    fn what_an_older_program_noted_can_not_be_told() {
        let to = StreamId::new("xiguan", crate::SERVICE, "roll", "1").unwrap();
        assert_eq!(refused(Language::Zh, Tz::UTC, &to, ""), None);
        let other = StreamId::new("xiguan", crate::SERVICE, "other", "1").unwrap();
        assert_eq!(refused(Language::Zh, Tz::UTC, &other, "\"closed\""), None);
    }
}
