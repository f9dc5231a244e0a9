//! The cookie that keeps somebody signed in: person, epoch and time, encrypted under a key of the
//! vault. Whether the epoch still holds is asked of the directory, so that a sign-in can be revoked
//! everywhere at once.

use axum::http::{HeaderMap, HeaderValue, header};
use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use crate::{directory::Principal, service::Platform};

/// The cookie's name.
pub const COOKIE: &str = "linli";
/// How long a resident stays signed in on a device.
pub const RESIDENT_DAYS: i64 = 30;
/// How long a member of staff does: a working day.
pub const STAFF_HOURS: i64 = 12;

fn lasts(staff: bool) -> TimeDelta {
    if staff { TimeDelta::hours(STAFF_HOURS) } else { TimeDelta::days(RESIDENT_DAYS) }
}

/// What the cookie carries, in 29 bytes.
struct Carried {
    person: Uuid,
    epoch: u32,
    issued_at: DateTime<Utc>,
    staff: bool,
}

impl Carried {
    fn bytes(&self) -> Vec<u8> {
        [
            &self.person.as_bytes()[..],
            &self.epoch.to_be_bytes(),
            &self.issued_at.timestamp().to_be_bytes(),
            &[u8::from(self.staff)],
        ]
        .concat()
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let (person, rest) = bytes.split_first_chunk::<16>()?;
        let (epoch, rest) = rest.split_first_chunk::<4>()?;
        let (issued, rest) = rest.split_first_chunk::<8>()?;
        let [staff] = rest else { return None };
        Some(Self {
            person: Uuid::from_bytes(*person),
            epoch: u32::from_be_bytes(*epoch),
            issued_at: DateTime::from_timestamp(i64::from_be_bytes(*issued), 0)?,
            staff: *staff == 1,
        })
    }
}

fn cookie(platform: &Platform, value: &str, age: TimeDelta) -> Option<HeaderValue> {
    let secure = if platform.public_url.starts_with("https://") { "; Secure" } else { "" };
    let age = age.num_seconds();
    let text = format!("{COOKIE}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={age}{secure}");
    HeaderValue::from_str(&text).ok()
}

/// The `Set-Cookie` that signs somebody in; none if the vault can't encrypt.
pub fn issue(platform: &Platform, who: &Principal) -> Option<HeaderValue> {
    let carried = Carried {
        person: who.person,
        epoch: who.epoch,
        issued_at: platform.clock.now(),
        staff: who.staff,
    };
    let sealed = platform.vault.seal_cookie(COOKIE, &carried.bytes()).ok()?;
    cookie(platform, &sealed, lasts(who.staff))
}

/// The `Set-Cookie` that signs this device out.
pub fn end(platform: &Platform) -> Option<HeaderValue> {
    cookie(platform, "", TimeDelta::zero())
}

/// Who the request's cookie is for, and in which epoch it was made; none if there is none, or it is
/// altered or too old. Ask the directory (`SignIn::Session`) whether it still holds.
pub fn read(platform: &Platform, headers: &HeaderMap) -> Option<(Uuid, u32)> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut values = cookies.flat_map(|text| text.split(';')).filter_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        (name == COOKIE).then_some(value)
    });
    let carried = Carried::read(&platform.vault.open_cookie(COOKIE, values.next()?)?)?;
    let age = platform.clock.now() - carried.issued_at;
    // One from the future was made before the clock was set back: a minute is let pass.
    let fresh = age < lasts(carried.staff) && age > TimeDelta::minutes(-1);
    fresh.then_some((carried.person, carried.epoch))
}
