//! The stream beneath a log, as it must be.

use async_nats::jetstream::{
    context::{CreateStreamErrorKind, GetStreamErrorKind},
    stream::{Config, DiscardPolicy, RetentionPolicy, StorageType},
};

use crate::nats::{Nats, NatsError};

fn wanted(nats: &Nats) -> Config {
    Config {
        name: nats.log().stream(),
        description: Some("what happened, as Linli wrote it".to_owned()),
        subjects: vec![format!("linli.{}.>", nats.log())],
        storage: StorageType::File,
        retention: RetentionPolicy::Limits,
        num_replicas: nats.replicas(),
        max_bytes: nats.bytes_max(),
        max_messages: -1,
        max_messages_per_subject: -1,
        discard: DiscardPolicy::New,
        deny_delete: true,
        deny_purge: true,
        allow_direct: true,
        ..Config::default()
    }
}

/// Makes the stream if it is not there, and looks whether it is as it must be.
pub(super) async fn ensure(nats: &Nats) -> Result<(), NatsError> {
    let wanted = wanted(nats);
    let name = wanted.name.clone();
    let there = nats.jetstream().get_stream(&name).await;
    let there = match there {
        Ok(stream) => stream.cached_info().config.clone(),
        Err(error) => {
            let missing = matches!(error.kind(), GetStreamErrorKind::JetStream(ref error)
                if error.error_code().0 == 10059);
            if !missing {
                return Err(unanswered(nats, &name, &error.to_string()));
            }
            let made = nats.jetstream().create_stream(wanted.clone()).await;
            made.map_err(|error| not_made(nats, &name, &error))?.cached_info().config.clone()
        }
    };
    check(&there, &wanted)
}

fn unanswered(nats: &Nats, name: &str, why: &str) -> NatsError {
    let refused = nats.refused(&format!("$JS.API.STREAM.INFO.{name}"));
    NatsError::Setup(match refused {
        Some(said) => format!("this node may not look at the stream {name}: {said}"),
        None => format!(
            "{} does not answer for the stream {name}: {why}; is JetStream switched on, and do \
             most of the servers run?",
            nats.address()
        ),
    })
}

fn not_made(
    nats: &Nats,
    name: &str,
    error: &async_nats::jetstream::context::CreateStreamError,
) -> NatsError {
    let replicas = nats.replicas();
    let way_out = match error.kind() {
        CreateStreamErrorKind::TimedOut => {
            "this node may lack the right to: make it as the role `cli`, by `linli seed` or \
             `linli import`"
                .to_owned()
        }
        _ => format!(
            "the log is kept in {replicas} copies, so at least {replicas} servers must run as one \
             cluster"
        ),
    };
    NatsError::Setup(format!("the stream {name} can't be made: {error}; {way_out}"))
}

/// Whether a stream is as a log needs it; the first setting that is not is named.
pub fn check(there: &Config, wanted: &Config) -> Result<(), NatsError> {
    let name = &there.name;
    let differs = |setting: &str, is: String, must: String| {
        Err(NatsError::Setup(format!(
            "the stream {name} has {setting} {is}, a log of Linli needs {must}: it is somebody \
             else's, or was changed; name another log in `log`, or set it right with `nats stream \
             edit {name}`"
        )))
    };
    macro_rules! same {
        ($($field:ident),*) => {$(
            if there.$field != wanted.$field {
                let text = |config: &Config| format!("{:?}", config.$field);
                return differs(stringify!($field), text(there), text(wanted));
            }
        )*};
    }
    same!(subjects, storage, retention, discard, deny_delete, deny_purge, allow_direct);
    same!(max_messages, max_messages_per_subject, max_age, sealed);
    if there.max_bytes <= 0 {
        return differs("max_bytes", "none".into(), "a limit below the size of the disks".into());
    }
    if there.num_replicas < wanted.num_replicas {
        let (is, must) = (there.num_replicas, wanted.num_replicas);
        tracing::warn!("the stream {name} is kept in {is} copies, {must} are wanted");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_with_other_settings_is_named_with_the_way_out() {
        let right = Config {
            name: "LINLI_x".to_owned(),
            subjects: vec!["linli.x.>".to_owned()],
            discard: DiscardPolicy::New,
            max_bytes: 1 << 30,
            max_messages: -1,
            ..Config::default()
        };
        assert!(check(&right, &right).is_ok());
        let aged = Config { max_age: std::time::Duration::from_hours(1), ..right.clone() };
        let unbounded = Config { max_bytes: -1, ..right.clone() };
        let other = Config { subjects: vec!["linli.>".to_owned()], ..right.clone() };
        for (there, named) in [(aged, "max_age"), (unbounded, "max_bytes"), (other, "subjects")] {
            let told = check(&there, &right).unwrap_err().to_string();
            assert!(told.contains(named) && told.contains("LINLI_x"), "{told}");
            assert!(told.contains("nats stream edit"), "{told}");
        }
    }
}
