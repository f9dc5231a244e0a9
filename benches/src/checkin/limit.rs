//! The limit: a server that writes each check-in to SQLite, many in one commit, and looks at nothing.

use std::{net::SocketAddr, path::Path, sync::mpsc};

use anyhow::Result;
use axum::{Json, Router, extract::State, http::StatusCode, routing::post};
use rusqlite::Connection;
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::oneshot};

use crate::office::announce;

type Waiting = (String, oneshot::Sender<()>);

/// Writes what waits, commit by commit; each answer leaves once its commit is on the disk.
fn write(db: &Connection, waiting: &mpsc::Receiver<Waiting>) -> rusqlite::Result<()> {
    let mut insert = db.prepare("INSERT INTO check_in (body) VALUES (?)")?;
    while let Ok(first) = waiting.recv() {
        db.execute_batch("BEGIN")?;
        let mut answers = Vec::new();
        for (body, answer) in std::iter::once(first).chain(waiting.try_iter().take(999)) {
            insert.execute([body])?;
            answers.push(answer);
        }
        db.execute_batch("COMMIT")?;
        for answer in answers {
            // Whoever asked may have gone.
            let _ = answer.send(());
        }
    }
    Ok(())
}

async fn check_in(
    State(writer): State<mpsc::Sender<Waiting>>,
    body: String,
) -> Result<Json<Value>, StatusCode> {
    let (answer, answered) = oneshot::channel();
    let gone = |_| StatusCode::SERVICE_UNAVAILABLE;
    writer.send((body, answer)).map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
    answered.await.map_err(gone)?;
    Ok(Json(json!({ "ok": true })))
}

/// Serves from a folder until whoever started us ends it.
pub fn serve(folder: &Path) -> Result<()> {
    let db = Connection::open(folder.join("limit.db"))?;
    db.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
         CREATE TABLE check_in (n INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT;",
    )?;
    let (writer, waiting) = mpsc::channel();
    std::thread::spawn(move || write(&db, &waiting));
    let path = "/api/v1/c/{community}/rolls/{activity}/{id}/check-ins";
    let app = Router::new().route(path, post(check_in)).with_state(writer);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        announce(listener.local_addr()?)?;
        axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>()).await?;
        Ok(())
    })
}
