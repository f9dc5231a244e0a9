use chrono::{TimeZone, Utc};

use super::{Mail, Prepared, Unsubscribe, message_id};

fn mail() -> Mail {
    Mail {
        to: "wang@example.cn".to_owned(),
        to_name: Some("王阿姨".to_owned()),
        from: "linli@example.cn".to_owned(),
        from_name: Some("西关社区".to_owned()),
        reply_to: None,
        subject: "中秋晚会改到周六".to_owned(),
        text: "您好。\n.这一行以点开头\n..两点\n再见".to_owned(),
        html: "<p>您好。</p>".to_owned(),
        message_id: message_id("k1", "linli.example.cn"),
        date: Utc.with_ymd_and_hms(2026, 9, 25, 11, 0, 0).unwrap(),
        language: "zh".to_owned(),
        urgent: false,
        unsubscribe: None,
    }
}

fn refused(change: impl FnOnce(&mut Mail)) -> (&'static str, String) {
    let mut mail = mail();
    change(&mut mail);
    let outcome = Prepared::new(&mail).err().unwrap();
    (outcome.class(), outcome.code().unwrap().to_string())
}

#[test]
fn the_same_mail_is_the_same_bytes() {
    let first = Prepared::new(&mail()).unwrap().bytes;
    assert_eq!(first, Prepared::new(&mail()).unwrap().bytes);
    let mut other = mail();
    other.message_id = message_id("k2", "linli.example.cn");
    assert_ne!(first, Prepared::new(&other).unwrap().bytes);
}

#[test]
fn what_cannot_be_sent_is_refused_with_its_class() {
    let address = ("address-permanent", "address".to_owned());
    for to in ["", "王阿姨", "a@", "a b@example.cn", "a@example.cn\r\nRCPT TO:<b@example.cn>"] {
        assert_eq!(refused(|mail| mail.to = to.to_owned()), address, "{to:?}");
    }
    let sender = ("account-config", "sender".to_owned());
    assert_eq!(refused(|mail| mail.from = "nobody".to_owned()), sender);
    assert_eq!(refused(|mail| mail.reply_to = Some("nobody".to_owned())), sender);
    let content = ("content-permanent", "content".to_owned());
    for id in ["", "k1@host", "<k1>", "<k@h>\r\nBcc: x@y", "<a b@h>", "<@h>"] {
        assert_eq!(refused(|mail| mail.message_id = id.to_owned()), content, "{id:?}");
    }
    assert_eq!(refused(|mail| mail.language = "zh\r\nX: y".to_owned()), content);
    for https in ["http://a/u", "https://a/\r\nX: y", "https://a/>", "https://a/取消"] {
        let mailto = "u@example.cn".to_owned();
        let unsubscribe = Some(Unsubscribe { https: https.to_owned(), mailto });
        assert_eq!(refused(|mail| mail.unsubscribe = unsubscribe), content, "{https:?}");
    }
}

#[test]
fn no_text_of_a_resident_begins_a_header() {
    let mut mail = mail();
    mail.subject = "Hello\r\nBcc: all@example.cn".to_owned();
    mail.to_name = Some("Wang\nX-Evil: yes".to_owned());
    let bytes = Prepared::new(&mail).unwrap().bytes;
    let text = String::from_utf8(bytes).unwrap();
    let (head, _) = text.split_once("\r\n\r\n").unwrap();
    assert!(head.lines().all(|l| !l.starts_with("Bcc") && !l.starts_with("X-Evil")), "{head}");
}

#[test]
fn dots_are_doubled_and_the_body_ends_once() {
    let mut prepared = Prepared::new(&mail()).unwrap();
    for (body, wire) in [
        (".a\r\n..b\r\nc.\r\n", "..a\r\n...b\r\nc.\r\n.\r\n"),
        ("a\r\n.", "a\r\n..\r\n.\r\n"),
        ("\r\n.\r\n.\r\n", "\r\n..\r\n..\r\n.\r\n"),
        ("", "\r\n.\r\n"),
    ] {
        prepared.bytes = body.as_bytes().to_vec();
        assert_eq!(prepared.wire().unwrap(), wire, "{body:?}");
    }
}
