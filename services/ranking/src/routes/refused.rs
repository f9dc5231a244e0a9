//! Why what ranking's processes asked for was refused, in the reader's words.

use chrono_tz::Tz;
use linli_platform::{decider::Decider, ids::StreamId, web::Language};

use super::text::Text;
use crate::deciders::{bulletin, bulletin::Bulletin, wallet, wallet::Wallet};

/// Why a command was refused, from the `detail` that its process noted. None where that can't be
/// read.
pub fn refused(language: Language, zone: Tz, to: &StreamId, detail: &str) -> Option<String> {
    let t = Text(language);
    match to.category() {
        Bulletin::CATEGORY => {
            let no: bulletin::Rejection = serde_json::from_str(detail).ok()?;
            Some(t.no(&no.told(zone)))
        }
        Wallet::CATEGORY => {
            let no: wallet::Rejection = serde_json::from_str(detail).ok()?;
            Some(t.no(&no.told()))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use linli_platform::testing::at;

    use super::*;

    #[test]
    fn what_was_refused_is_told_in_both_languages() {
        let zone = Tz::Asia__Shanghai;
        let to = StreamId::new("xiguan", crate::SERVICE, "bulletin", "monthly").unwrap();
        let no =
            bulletin::Rejection::NotOver("2026-11".parse().unwrap(), at("2026-11-30T16:00:00Z"));
        let detail = serde_json::to_string(&no).unwrap();
        let zh = refused(Language::Zh, zone, &to, &detail).unwrap();
        assert_eq!(zh, "2026-11 尚未结束，2026-12-01 00:00 之后才能发布。");
        let en = refused(Language::En, zone, &to, &detail).unwrap();
        assert!(en.contains("2026-12-01 00:00"), "{en}");
        let to = StreamId::new("_", crate::SERVICE, "wallet", "1").unwrap();
        let detail = serde_json::to_string(&wallet::Rejection::HandedOver).unwrap();
        let zh = refused(Language::Zh, zone, &to, &detail);
        assert_eq!(zh.as_deref(), Some("此人曾重复登记，请使用另一条记录。"));
        assert_eq!(refused(Language::Zh, zone, &to, ""), None, "noted by an older program");
    }
}
