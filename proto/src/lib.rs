//! The contract of every event: the `.proto` files beside this crate, and the test that holds the
//! code to them. Other languages read the log from those files alone.
//!
//! The events themselves are plain Rust enums whose JSON is the canonical proto3 JSON of their
//! message, so nothing is generated. Only tests depend on this crate.

use std::{path::Path, sync::LazyLock};

use prost_reflect::{DescriptorPool, DynamicMessage, SerializeOptions, prost::Message as _};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

static POOL: LazyLock<Result<DescriptorPool, String>> = LazyLock::new(|| {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let services = ["platform", "calendar", "people", "notifier", "attendance", "ranking"];
    let files = services.map(|s| format!("linli/{s}/v1/{s}.proto"));
    let set = protox::compile(files, [root]).map_err(|error| format!("{error:?}"))?;
    DescriptorPool::from_file_descriptor_set(set).map_err(|error| error.to_string())
});

/// Checks one event's JSON against a message: reads it strictly, writes it to protobuf's binary
/// form and back, and compares. An unknown field or a value that changes on the way is an error.
/// Answers with the event as another writer would send it: default values left out.
pub fn conforms(message: &str, event: &Value) -> Result<Value, String> {
    let pool = POOL.as_ref()?;
    let descriptor =
        pool.get_message_by_name(message).ok_or_else(|| format!("no message {message}"))?;
    let read = DynamicMessage::deserialize(descriptor.clone(), event)
        .map_err(|error| format!("{message} does not read {event}: {error}"))?;
    let binary = read.encode_to_vec();
    let back = DynamicMessage::decode(descriptor, binary.as_slice())
        .map_err(|error| format!("{message}: {error}"))?;
    let write = |sparse| {
        let options = SerializeOptions::new().skip_default_fields(sparse);
        back.serialize_with_options(serde_json::value::Serializer, &options)
            .map_err(|error| format!("{message}: {error}"))
    };
    let mut written = write(false)?;
    let mut expected = event.clone();
    prune(&mut written);
    prune(&mut expected);
    if written == expected {
        write(true)
    } else {
        Err(format!("{message} makes {written} of {expected}"))
    }
}

/// The names of a message's events, the members of its `oneof event`, as JSON has them.
pub fn events(message: &str) -> Result<Vec<String>, String> {
    let pool = POOL.as_ref()?;
    let descriptor =
        pool.get_message_by_name(message).ok_or_else(|| format!("no message {message}"))?;
    let names = descriptor
        .oneofs()
        .find(|oneof| oneof.name() == "event")
        .map(|oneof| oneof.fields().map(|field| field.json_name().to_owned()).collect::<Vec<_>>());
    names.ok_or_else(|| format!("{message} has no oneof 'event'"))
}

/// Holds an event type to its message: every sample conforms, reads back as itself, also when
/// another writer leaves default values out, and every event of the contract has a sample.
///
/// # Panics
/// When it does not; it is a test's last line.
#[track_caller]
#[expect(clippy::panic, reason = "the assertion of the contract tests")]
pub fn assert_contract<E: Serialize + DeserializeOwned>(message: &str, samples: &[E]) {
    if let Err(difference) = held(message, samples) {
        panic!("{difference}");
    }
}

fn held<E: Serialize + DeserializeOwned>(message: &str, samples: &[E]) -> Result<(), String> {
    let mut missing = events(message)?;
    for sample in samples {
        let json = serde_json::to_value(sample).map_err(|error| error.to_string())?;
        let sparse = conforms(message, &json)?;
        let back: E = serde_json::from_value(sparse.clone())
            .map_err(|error| format!("{sparse} does not read back: {error}"))?;
        let again = serde_json::to_value(&back).map_err(|error| error.to_string())?;
        if again != json {
            return Err(format!("{json} reads back as {again}"));
        }
        missing.retain(|name| json.get(name).is_none());
    }
    if missing.is_empty() { Ok(()) } else { Err(format!("no sample of {missing:?}")) }
}

/// Leaves out what proto3 leaves out: default values, empty lists, null. The event itself stays,
/// even when it is empty.
fn prune(event: &mut Value) {
    fn inner(value: &mut Value) -> bool {
        match value {
            Value::Object(members) => {
                members.retain(|_, member| inner(member) || member.is_object());
                !members.is_empty()
            }
            Value::Array(items) => {
                for item in items.iter_mut() {
                    inner(item);
                }
                !items.is_empty()
            }
            Value::String(text) => {
                if let Some(whole) = text.strip_suffix("Z").and_then(|t| t.split_once('.')) {
                    // Fractions of a second are written with 3, 6 or 9 digits.
                    let fraction = whole.1.trim_end_matches('0');
                    *text = match fraction {
                        "" => format!("{}Z", whole.0),
                        _ => format!("{}.{fraction}Z", whole.0),
                    };
                }
                !text.is_empty()
            }
            Value::Number(number) => number.as_f64() != Some(0.0),
            Value::Bool(set) => *set,
            Value::Null => false,
        }
    }
    inner(event);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_contract_compiles_and_every_category_has_events() {
        for category in [
            "platform.v1.Noted",
            "calendar.v1.Activity",
            "calendar.v1.Venue",
            "calendar.v1.Holidays",
            "calendar.v1.Cadence",
            "people.v1.Place",
            "people.v1.Resident",
            "people.v1.Staff",
            "people.v1.Team",
            "people.v1.Unit",
            "notifier.v1.Subscription",
            "notifier.v1.Delivery",
            "notifier.v1.Followup",
            "attendance.v1.Roll",
            "attendance.v1.Duty",
        ] {
            assert!(!events(&format!("linli.{category}")).unwrap().is_empty());
        }
    }

    #[test]
    fn an_unknown_field_and_a_wrong_enum_value_are_seen() {
        let cancelled = |reason: &str| json!({"occurrenceCancelled": {reason: "雨"}});
        let read = conforms("linli.calendar.v1.Activity", &cancelled("reason"));
        assert_eq!(read, Ok(cancelled("reason")));
        assert!(conforms("linli.calendar.v1.Activity", &cancelled("because")).is_err());
        let day = json!({"holidaysAdopted": {"year": 2026, "days": [{"kind": "HALF"}]}});
        assert!(conforms("linli.calendar.v1.Holidays", &day).is_err());
    }
}
