//! The contract of the event log, kept by every adapter.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use linli_platform::{
    event_log::{
        memory::MemoryLog,
        sqlite::{OpenMode, SqliteLog},
    },
    testing::contract::{self, Log, Step},
};
use proptest::{collection::vec, prelude::*, test_runner::Config};

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let append = (0..5_u8, vec(0..4_usize, 0..4), prop_oneof![6 => Just(0), 1 => -3..4_i64])
        .prop_map(|(stream, events, off)| Step::Append { stream, events, off });
    let step = prop_oneof![
        8 => append,
        1 => Just(Step::Again),
        2 => (0..5_u8).prop_map(|stream| Step::Read { stream }),
        2 => (any::<usize>(), any::<bool>())
            .prop_map(|(after, filtered)| Step::Follow { after, filtered }),
    ];
    vec(step, 0..50)
}

/// A log and the folder it stands in, which goes when the test is through.
type Made = (Log, Option<tempfile::TempDir>);

/// Runs as many random histories as told, each over a new log.
fn many_histories(cases: u32, make: impl Fn() -> Made) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let config = Config { failure_persistence: None, ..Config::with_cases(cases) };
    proptest!(config, |(steps in steps())| {
        let (log, _folder) = make();
        runtime.block_on(contract::obeys_the_model(log, &steps));
    });
}

macro_rules! keeps_the_contract {
    ($adapter:ident, $cases:literal, $make:expr, [$($check:ident),* $(,)?]) => {
        mod $adapter {
            use super::*;

            #[test]
            fn obeys_the_model() {
                many_histories($cases, $make);
            }

            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $check() {
                let (log, _folder) = $make();
                contract::$check(log).await;
            })*
        }
    };
    ($adapter:ident, $cases:literal, $make:expr) => {
        keeps_the_contract!($adapter, $cases, $make, [
            an_empty_log_is_live_at_once,
            what_is_not_acceptable_is_refused,
            one_appender_wins_each_version,
            followers_see_one_order_without_a_gap,
            a_live_follower_hears_what_comes,
            a_follower_ahead_of_the_log_is_told,
            long_history_comes_in_pages,
        ]);
    };
}

fn memory() -> Made {
    (Arc::new(MemoryLog::new()), None)
}

/// The same with pages of three commits, so that nearly everything meets a page boundary.
fn small_pages() -> Made {
    let log = MemoryLog::new();
    log.set_page_max(3);
    (Arc::new(log), None)
}

fn sqlite() -> Made {
    let folder = tempfile::tempdir().unwrap();
    (Arc::new(SqliteLog::open(folder.path(), OpenMode::Write).unwrap()), Some(folder))
}

keeps_the_contract!(in_memory, 100, memory);
keeps_the_contract!(in_sqlite, 40, sqlite);

#[test]
fn obeys_the_model_with_small_pages() {
    many_histories(60, small_pages);
}

/// The contract over real nats-servers, each log under a name of its own on the same ones.
mod over_nats {
    use std::sync::atomic::{AtomicU32, Ordering};

    use linli_platform::{
        event_log::jetstream::JetStreamLog,
        nats::{Access, Nats},
        testing::nats::NatsServers,
    };

    use super::*;

    /// A new log on some servers.
    async fn log_on(servers: &NatsServers) -> Log {
        static LOGS: AtomicU32 = AtomicU32::new(0);
        let name = format!("log-{}", LOGS.fetch_add(1, Ordering::Relaxed));
        let nats = Nats::connect(&servers.address(&name), &Access::default(), "contract").await;
        Arc::new(JetStreamLog::open(&nats.unwrap()).await.unwrap())
    }

    async fn keeps_all_of_it(servers: &NatsServers) {
        contract::an_empty_log_is_live_at_once(log_on(servers).await).await;
        contract::what_is_not_acceptable_is_refused(log_on(servers).await).await;
        contract::one_appender_wins_each_version(log_on(servers).await).await;
        contract::followers_see_one_order_without_a_gap(log_on(servers).await).await;
        contract::a_live_follower_hears_what_comes(log_on(servers).await).await;
        contract::a_follower_ahead_of_the_log_is_told(log_on(servers).await).await;
        contract::long_history_comes_in_pages(log_on(servers).await).await;
    }

    fn histories(runtime: &tokio::runtime::Runtime, servers: &NatsServers, cases: u32) {
        let config = Config { failure_persistence: None, ..Config::with_cases(cases) };
        proptest!(config, |(steps in steps())| {
            runtime.block_on(async {
                contract::obeys_the_model(log_on(servers).await, &steps).await;
            });
        });
    }

    #[test]
    fn a_lone_server_keeps_it() {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let servers = runtime.block_on(NatsServers::one());
        runtime.block_on(keeps_all_of_it(&servers));
        histories(&runtime, &servers, 12);
    }

    #[test]
    fn three_servers_keep_it() {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let servers = runtime.block_on(NatsServers::three());
        runtime.block_on(keeps_all_of_it(&servers));
        histories(&runtime, &servers, 8);
    }
}
