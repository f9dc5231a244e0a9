//! Spans leave for a collector by OTLP over HTTP, as JSON, where `otel_endpoint` says where to.
//!
//! Written out here: the usual crates for it bring some forty others for one request a second
//! (`docs/adr/0011-spans-leave-as-json.md`). A collector that is slow or gone costs spans, never a
//! command: what finds no room in the queue is dropped and counted.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, Utc};
use linli_platform::{clock::Clock, entropy::Entropy};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::mpsc,
};
use tracing::{
    Subscriber,
    field::{Field, Visit},
    span,
};
use tracing_subscriber::{
    Layer,
    layer::Context,
    registry::{LookupSpan, SpanRef},
};

/// So many spans wait for the collector.
const QUEUE_MAX: usize = 4096;
/// So many go in one request.
const BATCH_MAX: usize = 512;
/// How long the first of a batch waits for more.
const PAUSE: Duration = Duration::from_secs(1);
/// How long the collector may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Where spans go: `http://host:port`, without a path.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(try_from = "String")]
pub struct Endpoint {
    host: String,
}

impl TryFrom<String> for Endpoint {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let host = text.strip_prefix("http://").map(|rest| rest.trim_end_matches('/'));
        match host {
            Some(host) if host.contains(':') && !host.contains(['/', '@', ' ']) => {
                Ok(Self { host: host.to_owned() })
            }
            _ => Err(format!(
                "{text:?} is no collector: write \"http://127.0.0.1:4318\" (OTLP over HTTP, \
                 without TLS, as a collector beside this node has it)"
            )),
        }
    }
}

/// What is kept of a span while it is open.
struct Open {
    trace: [u8; 16],
    id: [u8; 8],
    parent: Option<[u8; 8]>,
    since: DateTime<Utc>,
    fields: Vec<Value>,
}

impl Visit for Open {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        let value = json!({ "stringValue": format!("{value:?}") });
        self.fields.push(json!({ "key": field.name(), "value": value }));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        // The format has 64-bit numbers as text.
        let value = json!({ "intValue": value.to_string() });
        self.fields.push(json!({ "key": field.name(), "value": value }));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.fields.push(json!({ "key": field.name(), "value": { "stringValue": value } }));
    }
}

/// Notes spans and queues those that have ended.
pub struct Spans {
    ended: mpsc::Sender<Value>,
    dropped: Arc<AtomicU64>,
    clock: Clock,
    entropy: Entropy,
}

impl Spans {
    fn open(&self, parent: Option<&Open>) -> Open {
        let fresh = *self.entropy.command().0.as_bytes();
        let mut id = [0; 8];
        id.copy_from_slice(&fresh[8..]);
        let trace = parent.map_or_else(|| *self.entropy.command().0.as_bytes(), |open| open.trace);
        let since = self.clock.now();
        Open { trace, id, parent: parent.map(|open| open.id), since, fields: Vec::new() }
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Spans {
    fn on_new_span(&self, attributes: &span::Attributes<'_>, id: &span::Id, cx: Context<'_, S>) {
        let Some(span) = cx.span(id) else { return };
        let above = span.parent();
        let above = above.as_ref().map(SpanRef::extensions);
        let mut open = self.open(above.as_ref().and_then(|above| above.get::<Open>()));
        drop(above);
        attributes.record(&mut open);
        span.extensions_mut().insert(open);
    }

    fn on_record(&self, id: &span::Id, values: &span::Record<'_>, cx: Context<'_, S>) {
        let Some(span) = cx.span(id) else { return };
        if let Some(open) = span.extensions_mut().get_mut::<Open>() {
            values.record(open);
        }
    }

    fn on_close(&self, id: span::Id, cx: Context<'_, S>) {
        let Some(span) = cx.span(&id) else { return };
        let Some(open) = span.extensions_mut().remove::<Open>() else { return };
        let ended = ended(span.name(), &open, self.clock.now());
        if self.ended.try_send(ended).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    let digit = |n: u8| char::from(b"0123456789abcdef"[usize::from(n)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

fn ended(name: &str, open: &Open, at: DateTime<Utc>) -> Value {
    let nanos = |at: DateTime<Utc>| at.timestamp_nanos_opt().unwrap_or_default().to_string();
    json!({
        "traceId": hex(&open.trace),
        "spanId": hex(&open.id),
        "parentSpanId": open.parent.as_ref().map(|id| hex(id)).unwrap_or_default(),
        "name": name,
        "kind": 1,
        "startTimeUnixNano": nanos(open.since),
        "endTimeUnixNano": nanos(at),
        "attributes": open.fields,
    })
}

/// Sends what has ended to the collector; run it on a task of its own.
pub struct Sending {
    endpoint: Endpoint,
    ended: mpsc::Receiver<Value>,
    dropped: Arc<AtomicU64>,
}

/// The layer that notes spans, and what sends them.
pub fn to(endpoint: Endpoint) -> (Spans, Sending) {
    let (give, ended) = mpsc::channel(QUEUE_MAX);
    let dropped = Arc::new(AtomicU64::default());
    let (clock, entropy) = (Clock::system(), Entropy::system());
    let spans = Spans { ended: give, dropped: dropped.clone(), clock, entropy };
    (spans, Sending { endpoint, ended, dropped })
}

impl Sending {
    /// Sends until nobody notes spans any more.
    pub async fn run(mut self) {
        loop {
            let mut batch = Vec::new();
            if self.ended.recv_many(&mut batch, BATCH_MAX).await == 0 {
                return;
            }
            let more = tokio::time::sleep(PAUSE);
            tokio::pin!(more);
            while batch.len() < BATCH_MAX {
                let room = BATCH_MAX - batch.len();
                tokio::select! {
                    () = &mut more => break,
                    came = self.ended.recv_many(&mut batch, room) => if came == 0 { break },
                }
            }
            let spans = batch.len();
            let sent = tokio::time::timeout(PATIENCE, self.send(&body(&batch))).await;
            let why = match sent {
                Ok(Ok(())) => None,
                Ok(Err(why)) => Some(why),
                Err(_) => Some("no answer".to_owned()),
            };
            if let Some(why) = why {
                tracing::warn!(spans, why, "the collector did not take spans; they are dropped");
            }
            let dropped = self.dropped.swap(0, Ordering::Relaxed);
            if dropped > 0 {
                tracing::warn!(dropped, "spans found no room on their way to the collector");
            }
        }
    }

    async fn send(&self, body: &str) -> Result<(), String> {
        let Endpoint { host } = &self.endpoint;
        let failed = |error: std::io::Error| format!("{host}: {error}");
        let mut collector = TcpStream::connect(host.as_str()).await.map_err(failed)?;
        let head = format!(
            "POST /v1/traces HTTP/1.0\r\nHost: {host}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n",
            body.len()
        );
        collector.write_all(head.as_bytes()).await.map_err(failed)?;
        collector.write_all(body.as_bytes()).await.map_err(failed)?;
        let mut answer = Vec::new();
        collector.read_to_end(&mut answer).await.map_err(failed)?;
        let answer = String::from_utf8_lossy(&answer);
        match answer.split(' ').nth(1) {
            Some("200" | "202") => Ok(()),
            _ => Err(format!("{host}: {}", answer.lines().next().unwrap_or("no answer"))),
        }
    }
}

fn body(spans: &[Value]) -> String {
    let text = |key: &str, value: &str| json!({ "key": key, "value": { "stringValue": value } });
    let version = env!("CARGO_PKG_VERSION");
    let resource = [text("service.name", "linli"), text("service.version", version)];
    let scope = json!({ "scope": { "name": "linli" }, "spans": spans });
    let all = json!({ "resource": { "attributes": resource }, "scopeSpans": [scope] });
    json!({ "resourceSpans": [all] }).to_string()
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;

    #[test]
    fn a_collector_is_an_address() {
        assert!(Endpoint::try_from("http://127.0.0.1:4318/".to_owned()).is_ok());
        for wrong in ["https://c:4318", "127.0.0.1:4318", "http://c:4318/v1/traces", "http://c"] {
            assert!(Endpoint::try_from(wrong.to_owned()).unwrap_err().contains("4318"), "{wrong}");
        }
    }

    #[tokio::test]
    async fn what_has_ended_reaches_the_collector() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = format!("http://{}", listener.local_addr().unwrap());
        let (spans, sending) = to(at.try_into().unwrap());
        tracing::subscriber::with_default(tracing_subscriber::registry().with(spans), || {
            let above = tracing::info_span!("page").entered();
            let span = tracing::info_span!("command", stream = %"a/b/c/d", version = 7_u64);
            drop(span);
            drop(above);
        });
        let sent = tokio::spawn(sending.run());
        let (mut collector, _) = listener.accept().await.unwrap();
        let mut text = String::new();
        let body = loop {
            let mut bytes = vec![0; 4096];
            let n = collector.read(&mut bytes).await.unwrap();
            text.push_str(std::str::from_utf8(&bytes[..n]).unwrap());
            let body = text.split_once("\r\n\r\n").map(|(_, body)| serde_json::from_str(body));
            if let Some(Ok(body)) = body {
                break body;
            }
        };
        collector.write_all(b"HTTP/1.0 200 OK\r\n\r\n").await.unwrap();
        drop(collector);
        sent.await.unwrap();
        let body: Value = body;
        let spans = &body["resourceSpans"][0]["scopeSpans"][0]["spans"];
        let (command, page) = (&spans[0], &spans[1]);
        assert_eq!((&command["name"], &page["name"]), (&json!("command"), &json!("page")));
        assert_eq!(command["parentSpanId"], page["spanId"]);
        assert_eq!(command["traceId"], page["traceId"]);
        let fields = command["attributes"].as_array().unwrap();
        assert!(fields.contains(&json!({"key": "version", "value": {"intValue": "7"}})));
        assert!(fields.contains(&json!({"key": "stream", "value": {"stringValue": "a/b/c/d"}})));
    }
}
