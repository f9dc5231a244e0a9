//! Asks the server of this configuration whether it is ready: in an image without a shell nobody
//! else can.

use std::{net::SocketAddr, time::Duration};

use serde::Deserialize;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::{failure::Failure, output::line};

/// How long the server may take.
const PATIENCE: Duration = Duration::from_secs(4);

/// What `/readyz` says against being ready.
#[derive(Deserialize)]
struct Report {
    problems: Vec<String>,
}

/// Asks; a server that is not ready, or not there, is a failure with its reasons.
pub(super) async fn ask(listen: SocketAddr) -> Result<(), Failure> {
    let at = SocketAddr::new(here(listen), listen.port());
    let answer = tokio::time::timeout(PATIENCE, answer(at)).await;
    let text = match answer {
        Ok(Ok(text)) => text,
        Ok(Err(error)) => {
            return Err(Failure::failed(format!("{at}: no server answers there: {error}")));
        }
        Err(_) => {
            let seconds = PATIENCE.as_secs();
            return Err(Failure::failed(format!("{at}: no answer within {seconds} s")));
        }
    };
    judge(at, &text)?;
    line(format_args!("{at} is ready"))
}

/// An address to be reached at, for one that is listened on.
fn here(listen: SocketAddr) -> std::net::IpAddr {
    match listen.ip() {
        ip if !ip.is_unspecified() => ip,
        std::net::IpAddr::V4(_) => std::net::Ipv4Addr::LOCALHOST.into(),
        std::net::IpAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
    }
}

async fn answer(at: SocketAddr) -> Result<String, std::io::Error> {
    let mut server = TcpStream::connect(at).await?;
    let request = format!("GET /readyz HTTP/1.0\r\nHost: {at}\r\n\r\n");
    server.write_all(request.as_bytes()).await?;
    let mut text = String::new();
    server.read_to_string(&mut text).await?;
    Ok(text)
}

fn judge(at: SocketAddr, text: &str) -> Result<(), Failure> {
    let status = text.split(' ').nth(1).unwrap_or_default();
    if status == "200" {
        return Ok(());
    }
    let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    let why = match serde_json::from_str::<Report>(body) {
        Ok(report) => report.problems.join("; "),
        Err(_) => format!("it answers {status:?}: is it Linli that listens there?"),
    };
    Err(Failure::failed(format!("{at} is not ready: {why}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_told() {
        let at: SocketAddr = "127.0.0.1:8080".parse().unwrap();
        assert!(judge(at, "HTTP/1.0 200 OK\r\n\r\n{}").is_ok());
        let answer = "HTTP/1.0 503 Service Unavailable\r\n\r\n{\"problems\":[\"no log\",\"b\"]}";
        let told = judge(at, answer).unwrap_err();
        assert_eq!(told.text(), Some("127.0.0.1:8080 is not ready: no log; b"));
        let told = judge(at, "HTTP/1.0 404 Not Found\r\n\r\n").unwrap_err();
        assert!(told.text().unwrap().contains("\"404\""));
        assert_eq!(here("0.0.0.0:80".parse().unwrap()).to_string(), "127.0.0.1");
        assert_eq!(here("[::]:80".parse().unwrap()).to_string(), "::1");
    }

    #[tokio::test]
    async fn a_server_that_is_not_there_is_named() {
        let held = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let at = held.local_addr().unwrap();
        drop(held);
        let told = ask(at).await.unwrap_err();
        assert!(told.text().unwrap().contains(&at.to_string()));
    }
}
