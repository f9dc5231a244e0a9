//! `linli serve`: all services, until Ctrl-C.

use std::{future::IntoFuture as _, net::SocketAddr, sync::Arc, time::Duration};

use axum::Router;
use linli_notifier::adapters::mail::Smtp;
use linli_people::adapters::NewStaff;
use linli_platform::{
    clock::Clock, entropy::derived, ids::CommandId, service::Platform, stream::Meta,
};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};

use super::Context;
use crate::{
    compose::{Means, Node, Only, Part, SYNTHETIC, is_synthetic},
    failure::Failure,
    operations::{self, Request, clock_is_right},
    output::{Progress, line, tell},
    socket::{Door, Server, operator},
};

/// How long pages under way may take at the end.
const LAST_PAGES: Duration = Duration::from_secs(5);

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The log, such as nats://host:4222/guangling; goes before the configuration's
    #[arg(long, value_name = "LOG", env = "LINLI_LOG")]
    log: Option<String>,
    /// Over NATS: what this node is there for, of gateway, calendar, people, notifier, attendance,
    /// ranking, with commas [default: all]
    #[arg(long, value_name = "PARTS")]
    only: Option<Only>,
    /// A node of a demonstration, whose folder is made up
    #[arg(long, hide = true)]
    made_up: bool,
    /// The clock of a demonstration
    #[arg(long, hide = true, default_value_t = 0, allow_hyphen_values = true)]
    clock_shift_us: i64,
    /// Only say whether the configuration is right
    #[arg(long)]
    check_config: bool,
    /// The clock is right although it leapt, or the log rested for long: the processes may go on.
    /// Said to a running server, it goes on
    #[arg(long)]
    clock_is_right: bool,
}

pub(super) async fn run(cx: &Context, arguments: Arguments) -> Result<(), Failure> {
    let (data, config) = (cx.data(), cx.config_with_log(arguments.log.as_deref())?);
    if let Some(smtp) = config.smtp.clone() {
        Smtp::new(smtp)?;
    }
    if arguments.check_config {
        line("the configuration is right")?;
        return line(format_args!("this machine runs: {}", config.hours));
    }
    if is_synthetic(&data) && !arguments.made_up {
        return Err(Failure::failed(format!(
            "{} is a demonstration's folder (it has a file {SYNTHETIC}): run `linli demo --data \
             {0}`, or name another folder with --data",
            data.display()
        )));
    }
    if arguments.clock_is_right
        && let Some(server) = Server::find(&data).await
    {
        server.ask(&Request::ClockIsRight, &Progress::on_stderr()).await?;
        return line("the running server goes on");
    }
    if Server::find(&data).await.is_some() {
        return Err(Failure::failed(format!(
            "a server runs in {} already: stop it, or name another folder with --data",
            data.display()
        )));
    }
    let listener = listen(config.listen).await?;
    let at = address(&listener)?;
    let part = arguments.only.map_or(Part::Whole, Part::Only);
    let means = Means {
        data: data.clone(),
        config,
        clock: Clock::shifted(arguments.clock_shift_us),
        part,
        at,
    };
    let node = Arc::new(Node::open(means).await?);
    clock(&node, arguments.clock_is_right)?;
    let app = node.app().await?;
    let door = Door::open(&data)?;
    line(format_args!("linli {} at {}", env!("CARGO_PKG_VERSION"), node.platform.public_url))?;
    if let Some(membership) = &node.membership {
        let log = membership.nats.address();
        line(format_args!("{}, on the log {log}", membership.name))?;
    } else {
        first_administrator(&node).await?;
    }
    serve(&node, listener, door, app).await
}

/// Takes the server's port.
pub(super) async fn listen(at: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(at).await.map_err(|error| {
        Failure::failed(format!(
            "{at} can't be listened on: {error}; stop what runs there, or name another `listen`"
        ))
    })
}

/// Where a listener listens.
pub(super) fn address(listener: &TcpListener) -> Result<SocketAddr, Failure> {
    Ok(listener.local_addr()?)
}

/// Tells what is wrong with the clock, unless somebody says that nothing is.
fn clock(node: &Node, is_right: bool) -> Result<(), Failure> {
    let guard = node.platform.streams.guard();
    if is_right {
        clock_is_right(&node.platform)?;
    }
    if let Some(why) = guard.refusal() {
        tell(format_args!("linli: {why}"));
    }
    if let Some(why) = guard.waits() {
        tell(format_args!(
            "linli: {why}. Pages and check-ins go on; reminders and all that happens by itself \
             wait. If the clock is right, say `linli serve --clock-is-right` in another window; \
             else set it first."
        ));
    }
    Ok(())
}

/// The link for the first administrator, as long as nobody has signed in by it.
async fn first_administrator(node: &Node) -> Result<(), Failure> {
    let people = node.registry(&Progress::on_stderr()).await?;
    let staff = people.tables.read(linli_people::projections::staff::members).await?;
    let cmd = CommandId(derived("serve", "first administrator"));
    let meta = Meta::by(operator(), cmd);
    let invited = match &staff[..] {
        [] => {
            let who = NewStaff {
                name: "Administrator".to_owned(),
                email: String::new(),
                language: "zh".to_owned(),
                role: "administrator".to_owned(),
                community: "*".to_owned(),
            };
            people.invite(meta, who).await?
        }
        // An address is given with the password.
        [only] if only.email.is_none() => people.invite_again(only.id).await?,
        _ => return Ok(()),
    };
    line(format_args!("For the first administrator, once: {}", invited.link))
}

/// Serves pages and commands until somebody ends it.
pub(super) async fn serve(
    node: &Arc<Node>,
    listener: TcpListener,
    door: Door,
    app: Router,
) -> Result<(), Failure> {
    if node.part.answers() {
        name_host(node.platform.clone());
    }
    let commands = tokio::spawn(door.serve(node.clone()));
    tokio::spawn(operations::status::tell(node.clone()));
    let (end, ended) = tokio::sync::oneshot::channel::<()>();
    let service = app.into_make_service_with_connect_info::<SocketAddr>();
    let pages = axum::serve(listener, service).with_graceful_shutdown(async {
        // Without its sender there is nobody left to wait for.
        let _ = ended.await;
    });
    let pages = tokio::spawn(pages.into_future());
    stopped().await?;
    tell("linli: stopping");
    commands.abort();
    drop(end);
    if let Some(membership) = &node.membership {
        membership.leave().await;
    }
    match tokio::time::timeout(LAST_PAGES, pages).await {
        Ok(done) => Ok(done??),
        // Live pages would stay for ever.
        Err(_) => Ok(()),
    }
}

/// Settles the host in all UIDs of feeds; later it does nothing.
fn name_host(platform: Platform) {
    tokio::spawn(async move {
        if let Err(error) = linli_calendar::routes::feed::name_host(&platform).await {
            tracing::warn!(%error, "the host in feeds is not named yet");
        }
    });
}

/// Waits for Ctrl-C or a service manager's word.
pub(super) async fn stopped() -> Result<(), Failure> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        done = tokio::signal::ctrl_c() => Ok(done?),
        _ = terminate.recv() => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_taken_port_is_named_with_the_way_out() {
        let first = listen("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let told = listen(address(&first).unwrap()).await.unwrap_err();
        let told = told.text().unwrap();
        assert!(told.contains("127.0.0.1:") && told.contains("`listen`"), "{told}");
    }
}
