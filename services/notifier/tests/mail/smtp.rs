//! Mail against a real SMTP server (aiosmtpd) and a real parser (Python's email package).

use std::{
    net::TcpListener,
    sync::atomic::{AtomicUsize, Ordering},
};

use linli_notifier::adapters::mail::{CheckFailed, Mail, Mailer, Outcome, Smtp};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

use crate::sink::{Sink, config, here, mail, mails};

const OWNER: &(dyn Fn() -> bool + Sync) = &|| true;

fn told(outcomes: &[Outcome]) -> Vec<String> {
    let code = |o: &Outcome| o.code().map(|c| format!(" {c}")).unwrap_or_default();
    outcomes.iter().map(|o| format!("{}{}", o.class(), code(o))).collect()
}

fn all(outcomes: &[Outcome], expected: &str) {
    assert!(told(outcomes).iter().all(|o| o == expected), "{expected}: {:?}", told(outcomes));
}

fn header<'a>(mail: &'a Value, name: &str) -> &'a str {
    let headers = mail["headers"].as_array().unwrap();
    let mut found = headers.iter().filter(|h| h[0].as_str() == Some(name));
    let value = found.next().unwrap_or_else(|| panic!("no {name} in {headers:?}"))[1].as_str();
    assert!(found.next().is_none(), "{name} stands there twice");
    value.unwrap()
}

#[tokio::test]
async fn another_parser_reads_the_mail_as_it_was_meant() {
    let sink = Sink::start(&["--pipelining"]);
    let sent = mail("wang@example.cn");
    all(&sink.client("").send(std::slice::from_ref(&sent), OWNER).await, "accepted 250 2.0.0");

    let got = &sink.mails()[0];
    assert_eq!(got["defects"], Value::Array(vec![]));
    assert_eq!((got["from"].as_str(), &got["to"][0]), (Some("linli@example.cn"), &sent.to.into()));
    assert_eq!(got["bare_newlines"], 0);
    assert!(got["lines_max"].as_u64().unwrap() <= 998);
    assert_eq!(header(got, "Subject"), sent.subject);
    assert_eq!(header(got, "To"), "王阿姨 <wang@example.cn>");
    assert_eq!(header(got, "From"), "西关社区 <linli@example.cn>");
    assert_eq!(header(got, "Reply-To"), "office@example.cn");
    assert_eq!(header(got, "Message-ID"), "<k.wang.example.cn@linli.example.cn>");
    assert_eq!(header(got, "Date"), "Fri, 25 Sep 2026 02:17:00 +0000");
    assert_eq!(header(got, "Auto-Submitted"), "auto-generated");
    assert_eq!(header(got, "Content-Language"), "zh");
    assert_eq!(header(got, "Importance"), "high");
    let unsubscribe = sent.unsubscribe.unwrap();
    let both = format!("<{}>, <mailto:{}>", unsubscribe.https, unsubscribe.mailto);
    assert_eq!(header(got, "List-Unsubscribe"), both);
    assert_eq!(header(got, "List-Unsubscribe-Post"), "List-Unsubscribe=One-Click");

    assert_eq!(got["type"], "multipart/alternative");
    let parts = got["parts"].as_array().unwrap();
    let types: Vec<_> = parts.iter().map(|part| part["type"].as_str().unwrap()).collect();
    assert_eq!(types, ["text/plain", "text/html"]);
    assert!(parts.iter().all(|part| part["charset"] == "utf-8"));
    let content = |n: usize| parts[n]["content"].as_str().unwrap().replace("\r\n", "\n");
    assert_eq!(content(0).trim_end(), sent.text.trim_end());
    assert_eq!(content(1).trim_end(), sent.html);
}

#[tokio::test]
async fn what_a_mail_does_not_need_is_not_in_it() {
    let sink = Sink::start(&[]);
    let sent = Mail { unsubscribe: None, urgent: false, ..mail("li@example.cn") };
    all(&sink.client("").send(&[sent], OWNER).await, "accepted 250 2.0.0");
    let got = &sink.mails()[0];
    assert_eq!(got["parts"].as_array().unwrap().len(), 2);
    let names: Vec<_> = got["headers"].as_array().unwrap().iter().map(|h| &h[0]).collect();
    for absent in ["List-Unsubscribe", "List-Unsubscribe-Post", "Importance", "Bcc"] {
        assert!(!names.contains(&&absent.into()), "{absent}");
    }
}

#[tokio::test]
async fn the_envelope_is_pipelined_only_where_that_is_offered() {
    for (options, pipelined) in [(&["--pipelining"][..], true), (&[], false)] {
        let sink = Sink::start(options);
        all(&sink.client("").send(&mails("a", 3), OWNER).await, "accepted 250 2.0.0");
        assert!(sink.mails().iter().all(|mail| mail["pipelined"] == pipelined), "{pipelined}");
    }
}

#[tokio::test]
async fn a_refusal_costs_neither_the_others_nor_the_connection() {
    for options in [&["--pipelining"][..], &[]] {
        let sink = Sink::start(options);
        let client = sink.client("connections = 1");
        let mut batch = Vec::new();
        for to in ["a", "unknown-b", "c", "busy-d", "full-e", "spam-f", "not an address", "g"] {
            let to = if to.contains(' ') { to.to_owned() } else { format!("{to}@example.cn") };
            batch.push(Mail { to, ..mail("x@example.cn") });
        }
        assert_eq!(
            told(&client.send(&batch, OWNER).await),
            [
                "accepted 250 2.0.0",
                "address-permanent 550 5.1.1",
                "accepted 250 2.0.0",
                "throttled 450 4.7.1",
                "transient 452 4.3.1",
                "content-permanent 554 5.7.1",
                "address-permanent address",
                "accepted 250 2.0.0",
            ]
        );
        assert_eq!((sink.count("connections"), sink.count("mails")), (1, 3));
    }
}

#[tokio::test]
async fn a_connection_lost_after_the_body_is_indeterminate_and_before_it_transient() {
    for options in [&["--pipelining"][..], &[]] {
        let sink = Sink::start(options);
        let client = sink.client("connections = 1");
        let batch = ["a", "drop-b", "c", "gone-d", "e"].map(|n| mail(&format!("{n}@example.cn")));
        assert_eq!(
            told(&client.send(&batch, OWNER).await),
            [
                "accepted 250 2.0.0",
                "indeterminate",
                "accepted 250 2.0.0",
                "transient closed",
                "accepted 250 2.0.0",
            ]
        );
        // The doubtful one did arrive: only the same Message-ID keeps a second try from doubling.
        let ids: Vec<_> = sink.mails().iter().map(|m| header(m, "Message-ID").to_owned()).collect();
        assert_eq!(
            ids,
            ["a", "drop-b", "c", "e"].map(|n| { format!("<k.{n}.example.cn@linli.example.cn>") })
        );
    }
}

#[tokio::test]
async fn no_more_connections_than_configured_and_they_are_kept() {
    let sink = Sink::start(&["--pipelining", "--hold", "3"]);
    let client = sink.client("connections = 3");
    let (first, second) = (mails("a", 30), mails("b", 30));
    // The server answers only when three mails have come together, so all three are in use;
    // two batches at once still share them.
    let (a, b) = tokio::join!(client.send(&first, OWNER), client.send(&second, OWNER));
    all(&a, "accepted 250 2.0.0");
    all(&b, "accepted 250 2.0.0");
    all(&client.send(&mails("c", 30), OWNER).await, "accepted 250 2.0.0");
    let counted = ["connections", "peak", "mails"].map(|what| sink.count(what));
    assert_eq!(counted, [3, 3, 90]);
}

#[tokio::test]
async fn a_connection_is_renewed_after_a_hundred_mails() {
    let sink = Sink::start(&["--pipelining"]);
    let client = sink.client("connections = 1");
    all(&client.send(&mails("a", 205), OWNER).await, "accepted 250 2.0.0");
    assert_eq!((sink.count("connections"), sink.count("mails")), (3, 205));
}

#[tokio::test]
async fn a_connection_that_the_relay_closed_between_two_mails_costs_nothing() {
    let sink = Sink::start(&["--per-connection", "2"]);
    let client = sink.client("connections = 1");
    all(&client.send(&mails("a", 4), OWNER).await, "accepted 250 2.0.0");
    all(&client.send(&mails("b", 3), OWNER).await, "accepted 250 2.0.0");
    assert_eq!((sink.count("connections"), sink.count("mails")), (4, 7));
}

#[tokio::test]
async fn who_loses_the_ownership_stops_before_the_next_body() {
    for (asked, sent) in [(0, 0), (1, 0), (2, 1), (5, 2)] {
        let sink = Sink::start(&["--pipelining"]);
        let client = Mailer::Smtp(sink.client("connections = 1"));
        let times = AtomicUsize::new(0);
        let outcomes =
            client.send(mails("a", 6), &|| times.fetch_add(1, Ordering::Relaxed) < asked).await;
        assert_eq!(sink.count("mails"), sent, "asked {asked} times");
        let sent = usize::try_from(sent).unwrap();
        all(&outcomes[..sent], "accepted 250 2.0.0");
        all(&outcomes[sent..], "not-sent");
    }
}

#[tokio::test]
async fn an_account_is_used_and_a_wrong_one_stops_everything() {
    let sink = Sink::start(&["--account", "linli:sesame"]);
    let client = sink.client("user = 'linli'\npassword = 'sesame'");
    client.check().await.unwrap();
    all(&client.send(&mails("a", 2), OWNER).await, "accepted 250 2.0.0");
    assert!(sink.mails().iter().all(|mail| mail["user"] == "linli"));

    let wrong = sink.client("user = 'linli'\npassword = 'wrong-word'");
    all(&wrong.send(&mails("b", 20), OWNER).await, "account-config 535 5.7.8");
    let told = wrong.check().await.unwrap_err().to_string();
    assert!(told.contains("535 5.7.8") && told.contains("`user` and `password`"), "{told}");
    assert!(!told.contains("wrong-word"), "{told}");
    all(&sink.client("").send(&mails("c", 2), OWNER).await, "account-config 530 5.7.0");
    assert_eq!(sink.count("mails"), 2);
}

#[tokio::test]
async fn encryption_from_the_first_byte_or_by_starttls() {
    let (cert, key) = (here("tls/cert.pem"), here("tls/key.pem"));
    let ours = format!("ca_file = '{}'\n", cert.display());
    for (option, tls) in [("--starttls", "starttls"), ("--tls", "tls")] {
        let sink = Sink::start(&[option, cert.to_str().unwrap(), key.to_str().unwrap()]);
        let client = sink.client(&format!("{ours}tls = '{tls}'\nconnections = 2"));
        all(&client.send(&mails("a", 5), OWNER).await, "accepted 250 2.0.0");
        assert!(sink.mails().iter().all(|mail| mail["tls"] == true), "{tls}");

        let stranger = sink.client(&format!("tls = '{tls}'"));
        all(&stranger.send(&mails("b", 3), OWNER).await, "account-config tls");
        assert!(stranger.check().await.unwrap_err().to_string().contains("ca_file"));
    }
    let plain = Sink::start(&[]);
    let client = plain.client("tls = 'starttls'");
    all(&client.send(&mails("a", 3), OWNER).await, "account-config starttls");
    assert!(Smtp::new(plain.config("tls = 'tls'\nca_file = '/no/such/file'")).is_err());
}

#[tokio::test]
async fn where_nobody_listens_or_nobody_answers_mail_waits() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let client = Smtp::new(config(free, "")).unwrap();
    all(&client.send(&mails("a", 20), OWNER).await, "transient connect");
    let told = client.check().await.unwrap_err().to_string();
    assert!(told.contains(&format!("localhost:{free}")) && told.contains("`port`"), "{told}");

    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let client = Smtp::new(config(port, "timeout_seconds = 1\nconnections = 2")).unwrap();
    all(&client.send(&mails("a", 4), OWNER).await, "transient timeout");
    assert!(matches!(client.check().await, Err(CheckFailed::Smtp { .. })));
}

#[tokio::test]
async fn addresses_in_chinese_go_where_they_are_understood() {
    let sink = Sink::start(&[]);
    let sent = Mail { message_id: "<k@h>".to_owned(), ..mail("王阿姨@例子.中国") };
    all(&sink.client("").send(&[sent], OWNER).await, "accepted 250 2.0.0");
    assert_eq!(sink.mails()[0]["to"][0], "王阿姨@例子.中国");
}

/// Some servers want a body although they refused the only recipient (RFC 2920, 3.1).
#[tokio::test]
async fn a_body_wanted_for_nobody_is_ended_by_a_lone_dot() {
    let server = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = Smtp::new(config(server.local_addr().unwrap().port(), "connections = 1")).unwrap();
    let script = async {
        let (stream, _) = server.accept().await.unwrap();
        let mut stream = BufReader::new(stream);
        stream.write_all(b"220 hello\r\n").await.unwrap();
        let (mut line, mut body, mut known, mut dialogue) = (String::new(), false, true, vec![]);
        while stream.read_line(&mut line).await.unwrap() > 0 {
            let answer = match line.trim_end() {
                "." => {
                    body = false;
                    if known { "250 2.0.0 OK" } else { "554 5.5.1 no valid recipients" }
                }
                _ if body => "",
                said if said.starts_with("EHLO") => "250-hello\r\n250 PIPELINING",
                said if said.starts_with("RCPT TO:<unknown") => {
                    known = false;
                    "550 5.1.1 unknown"
                }
                "DATA" => {
                    body = true;
                    "354 go on"
                }
                _ => {
                    known = true;
                    "250 2.1.0 OK"
                }
            };
            dialogue.push(line.trim_end().split([' ', ':']).next().unwrap().to_owned());
            if !answer.is_empty() {
                stream.write_all(format!("{answer}\r\n").as_bytes()).await.unwrap();
            }
            line.clear();
        }
        dialogue
    };
    let batch = [mail("unknown-a@example.cn"), mail("b@example.cn")];
    let (dialogue, outcomes) = tokio::join!(script, async {
        let outcomes = client.send(&batch, OWNER).await;
        drop(client);
        outcomes
    });
    assert_eq!(told(&outcomes), ["address-permanent 550 5.1.1", "accepted 250 2.0.0"]);
    let opening = ["EHLO", "EHLO", "MAIL", "RCPT", "DATA", ".", "RSET", "MAIL", "RCPT", "DATA"];
    assert_eq!(dialogue[..10], opening);
}
