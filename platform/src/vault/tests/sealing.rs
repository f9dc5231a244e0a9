//! Properties of sealed values.

use proptest::prelude::*;
use secrecy::ExposeSecret as _;

use super::*;
use crate::ids::StreamId;

fn stream(id: &str) -> StreamId {
    StreamId::new("_", "s", "c", id).unwrap()
}

fn key(n: u128) -> PersonKey {
    PersonKey { person: person(n), key: Key::random(&Entropy::seeded(1)) }
}

proptest! {
    #[test]
    fn what_was_sealed_opens_in_its_place_and_nowhere_else(
        text in ".*", id in "[a-z0-9-]{1,12}", field in "[a-zA-Z.]{1,12}",
        other_id in "[a-z0-9-]{1,12}", other_field in "[a-zA-Z.]{1,12}",
    ) {
        prop_assume!(id != other_id && field != other_field);
        // The same key bytes for two persons, so that only the binding can tell them apart.
        let (key, neighbour) = (key(1), key(2));
        let (here, there) = (stream(&id), stream(&other_id));
        let sealed = key.seal(&here, &field, &text, &Entropy::system()).unwrap();
        let opened = |stream, field, sealed: &Sealed, key: &PersonKey| {
            key.open(Placed { stream, field, sealed })
        };
        let plain = opened(&here, &field, &sealed, &key).unwrap();
        prop_assert_eq!(plain.expose_secret(), text.as_str());
        prop_assert_eq!(opened(&there, &field, &sealed, &key).unwrap_err(), SealError::Altered);
        prop_assert_eq!(opened(&here, &other_field, &sealed, &key).unwrap_err(), SealError::Altered);
        let others = SealError::OtherPerson { sealed_for: person(1), key_of: person(2) };
        prop_assert_eq!(opened(&here, &field, &sealed, &neighbour).unwrap_err(), others);
        let moved = Sealed { person: person(2), ..sealed };
        prop_assert_eq!(opened(&here, &field, &moved, &neighbour).unwrap_err(), SealError::Altered);
    }

    #[test]
    fn one_changed_bit_anywhere_is_noticed(text in ".{0,40}", at in any::<prop::sample::Index>()) {
        let (key, stream) = (key(1), stream("a"));
        let mut sealed = key.seal(&stream, "name", &text, &Entropy::system()).unwrap();
        let nonce_bits = sealed.nonce.len() * 8;
        let bit = at.index(nonce_bits + sealed.boxed.len() * 8);
        let (part, bit) = if bit < nonce_bits {
            (&mut sealed.nonce, bit)
        } else {
            (&mut sealed.boxed, bit - nonce_bits)
        };
        part[bit / 8] ^= 1 << (bit % 8);
        let opened = key.open(Placed { stream: &stream, field: "name", sealed: &sealed });
        prop_assert_eq!(opened.unwrap_err(), SealError::Altered);
    }

    #[test]
    fn a_sealed_value_comes_back_from_json(text in ".{0,40}") {
        let sealed = key(1).seal(&stream("a"), "name", &text, &Entropy::system()).unwrap();
        let json = serde_json::to_value(&sealed).unwrap();
        let names: Vec<_> = json.as_object().unwrap().keys().map(String::as_str).collect();
        prop_assert_eq!(names, ["box", "nonce", "person", "v"]);
        prop_assert_eq!(serde_json::from_value::<Sealed>(json).unwrap(), sealed);
    }

    #[test]
    fn no_bytes_crash_the_reader(nonce: Vec<u8>, boxed: Vec<u8>, v in 0_u32..3) {
        let sealed = Sealed { person: person(1), v, nonce, boxed };
        let opened = key(1).open(Placed { stream: &stream("a"), field: "name", sealed: &sealed });
        let expected = if v == 1 { SealError::Altered } else { SealError::Form(v) };
        prop_assert_eq!(opened.unwrap_err(), expected);
    }
}

/// A sealed value as a log may have had it for years: it must open for ever. It was made by another
/// implementation of the cipher, so it also holds ours to the written form.
#[test]
fn a_value_sealed_by_the_first_version_still_opens() {
    let key = PersonKey { person: person(1), key: Key::from_bytes(&[7; 32]).unwrap() };
    let json = include_str!("sealed-v1.json");
    let sealed: Sealed = serde_json::from_str(json).unwrap();
    let opened = key.open(Placed { stream: &stream("a"), field: "name", sealed: &sealed });
    assert_eq!(opened.unwrap().expose_secret(), "Ada Li");
}

#[test]
fn a_batch_opens_what_it_can() {
    let vault = Folder::new().open();
    vault.new_keys(&[person(1), person(2)]).unwrap();
    let stream = stream("a");
    let seal = |n, text| vault.seal(person(n), &stream, "name", text).unwrap();
    let (one, two) = (seal(1, "Ada"), seal(2, "Bo"));
    let twin = vault.seal(person(1), &stream, "name", "Ada").unwrap();
    assert_ne!(one, twin, "a nonce is never used twice");
    let unknown = Sealed { person: person(3), ..one.clone() };
    vault.erase(person(2)).unwrap();
    let place = |sealed| Placed { stream: &stream, field: "name", sealed };
    let opened = vault.open_all(&[place(&two), place(&unknown), place(&one)]);
    assert!(matches!(opened[0], Err(VaultError::Erased(id)) if id == person(2)));
    assert!(matches!(opened[1], Err(VaultError::NoKey(id)) if id == person(3)));
    assert_eq!(opened[2].as_ref().unwrap().expose_secret(), "Ada");
    let refused = vault.seal(person(3), &stream, "name", "Cy");
    assert!(matches!(refused, Err(VaultError::NoKey(_))), "the key comes first");
}
