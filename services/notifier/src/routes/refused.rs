//! Why what the notifier asked for by itself, or a resident wished, was refused: in the reader's
//! words.

use linli_platform::{decider::Decider, ids::StreamId, web::Language};

use super::words::Tongue;
use crate::deciders::{Delivery, Subscription, Unfit, Unsendable};

/// Why a command was refused, from the `detail` that its process noted. None where that can't be
/// read.
pub fn refused(language: Language, to: &StreamId, detail: &str) -> Option<String> {
    let tongue = Tongue(language);
    match to.category() {
        Delivery::CATEGORY => {
            let (key, n) = match serde_json::from_str(detail).ok()? {
                Unsendable::Batch(n) => ("unsendable_batch", n.to_string()),
                Unsendable::Done => ("unsendable_done", String::new()),
            };
            Some(tongue.with(key, &[("n", &n)]))
        }
        Subscription::CATEGORY => Some(unfit(tongue, &serde_json::from_str(detail).ok()?)),
        _ => None,
    }
}

/// Why a subscription can't be had.
pub(super) fn unfit(tongue: Tongue, unfit: &Unfit) -> String {
    let (key, n) = match unfit {
        Unfit::Lead(minutes) => ("unfit_lead", minutes.to_string()),
        Unfit::NoLead => ("unfit_no_lead", String::new()),
        Unfit::Leads => ("unfit_leads", String::new()),
        Unfit::NoChannel => ("unfit_no_channel", String::new()),
        Unfit::NoObject => ("unfit_no_object", String::new()),
        Unfit::TooMany => ("unfit_too_many", String::new()),
    };
    tongue.with(key, &[("n", &n)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_refused_is_told_in_both_languages() {
        let to = StreamId::new("xiguan", "notifier", "delivery", "1").unwrap();
        let detail = serde_json::to_string(&Unsendable::Batch(65)).unwrap();
        assert!(refused(Language::Zh, &to, &detail).unwrap().contains("一批 65 条"));
        assert!(refused(Language::En, &to, &detail).unwrap().contains("65"));
        let to = StreamId::new("xiguan", "notifier", "subscription", "1").unwrap();
        let detail = serde_json::to_string(&Unfit::TooMany).unwrap();
        assert!(refused(Language::Zh, &to, &detail).unwrap().contains("订阅已满50项"));
        assert_eq!(refused(Language::Zh, &to, ""), None, "noted by an older program");
    }
}
