use linli_platform::testing::at;

use super::*;
use crate::{
    contract::{
        Attendance,
        heard::{PlaceEvent, ResidentEvent},
    },
    processes::tests::Told,
};

fn key(n: u128) -> OccurrenceKey {
    OccurrenceKey::new("xiguan", Uuid::from_u128(0xac), &format!("2026110{n}T090000"))
}

fn who(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

fn team() -> Uuid {
    Uuid::from_u128(0x7ea)
}

fn start() -> DateTime<Utc> {
    at("2026-11-05T01:00:00Z")
}

fn before() -> DateTime<Utc> {
    at("2026-11-02T00:00:00Z")
}

fn registered(community: &str, party_member: bool) -> ResidentEvent {
    ResidentEvent::ResidentRegistered {
        community: community.into(),
        building: "xg-1".into(),
        party_member,
        volunteer: false,
        building_head: false,
        under_14: false,
    }
}

fn changed(party_member: bool) -> ResidentEvent {
    ResidentEvent::ResidentChanged {
        party_member: Some(party_member),
        volunteer: None,
        building_head: None,
        under_14: None,
    }
}

struct Office(Told<Expected>);

impl Office {
    /// An activity of a community, with one occurrence per number.
    fn with(description: Described, occurrences: impl IntoIterator<Item = u128>) -> Self {
        let mut office = Self(Told::new());
        office.described(description);
        for n in occurrences {
            office.opens(n);
        }
        office
    }

    fn described(&mut self, description: Described) -> Vec<Action<Order>> {
        let (community, activity) = ("xiguan".to_owned(), Uuid::from_u128(0xac));
        let event = CalendarEvent::ActivityDescribed { description };
        self.0.at(before(), Heard::Calendar { community, activity, event })
    }

    fn opens(&mut self, n: u128) -> Vec<Action<Order>> {
        self.roll(
            n,
            RollEvent::RollOpened {
                activity: Uuid::from_u128(0xac),
                recurrence_id: key(n).recurrence_id,
                start: start(),
                end: start(),
                capacity: 0,
                attendance: Attendance::Names,
                guardian_consent: false,
            },
        )
    }

    fn roll(&mut self, n: u128, event: RollEvent) -> Vec<Action<Order>> {
        self.0.at(before(), Heard::Roll(key(n), event))
    }

    fn resident(&mut self, n: u128, event: ResidentEvent) -> Vec<Action<Order>> {
        self.0.at(before(), Heard::Resident(who(n), event))
    }
}

fn for_members() -> Described {
    Described { expected: true, audience: "党员".into(), ..Described::default() }
}

fn for_team() -> Described {
    let (visibility, teams) = (Visibility::Team, vec![team()]);
    Described { expected: true, visibility, teams, ..Described::default() }
}

fn expect(n: u128, people: &[u128], by: &str) -> Action<Order> {
    let residents = people.iter().copied().map(who).collect();
    let command = Order::Roll(roll::Command::Expect { residents, by: by.into() });
    Action::Command { to: key(n).roll().unwrap(), command }
}

fn drop_one(n: u128, resident: u128) -> Action<Order> {
    let command = Order::Roll(roll::Command::DropExpected { resident: who(resident) });
    Action::Command { to: key(n).roll().unwrap(), command }
}

#[test]
fn an_activity_for_party_members_expects_those_of_its_community() {
    let mut office = Office::with(for_members(), []);
    office.resident(1, registered("xiguan", true));
    office.resident(2, registered("xiguan", false));
    office.resident(3, registered("guanyuan", true));
    let by = "role:party-member";
    assert_eq!(office.opens(5), [expect(5, &[1], by)]);
    assert_eq!(office.resident(2, changed(true)), [expect(5, &[2], by)]);
    assert_eq!(office.resident(2, changed(true)), [], "as it was");
    assert_eq!(office.resident(2, changed(false)), [drop_one(5, 2)]);
    let moved =
        |to: &str| ResidentEvent::ResidentMoved { community: to.into(), building: "b".into() };
    assert_eq!(office.resident(3, moved("xiguan")), [expect(5, &[3], by)]);
    assert_eq!(office.resident(3, moved("guanyuan")), [drop_one(5, 3)]);
    let consent = ResidentEvent::ConsentGiven { purpose: "RANKINGS".into() };
    office.resident(2, changed(true));
    assert_eq!(office.resident(2, consent), [], "nothing that concerns roles");
}

#[test]
fn a_teams_own_activity_expects_its_members_as_they_come_and_go() {
    let mut office = Office::with(for_team(), [5]);
    let by = format!("team:{}", team());
    office.resident(1, registered("xiguan", true));
    let joined = || ResidentEvent::TeamJoined { team: team() };
    assert_eq!(office.resident(1, joined()), [expect(5, &[1], &by)]);
    assert_eq!(office.opens(6), [expect(6, &[1], &by)]);
    office.roll(6, RollEvent::RollCancelled { revision: 1 });
    let left = office.resident(1, ResidentEvent::TeamLeft { team: team() });
    assert_eq!(left, [drop_one(5, 1)], "the other is cancelled");
    office.resident(1, joined());
    let late = Heard::Resident(who(1), ResidentEvent::TeamLeft { team: team() });
    assert_eq!(office.0.at(start(), late), [], "it has begun with them");
}

#[test]
fn without_a_list_nobody_is_expected_and_with_a_new_one_all_are() {
    let open = Described { expected: false, ..for_members() };
    let mut office = Office::with(open, []);
    office.resident(1, registered("xiguan", true));
    assert_eq!(office.opens(5), []);
    assert_eq!(office.described(for_members()), [expect(5, &[1], "role:party-member")]);
    let neighbours = Described { audience: "全体居民".into(), ..for_members() };
    assert_eq!(office.described(neighbours), []);
    assert_eq!(office.resident(2, registered("xiguan", true)), []);
}

#[test]
fn whoever_is_erased_or_merged_belongs_nowhere_any_more() {
    let mut office = Office::with(for_members(), []);
    office.resident(1, registered("xiguan", true));
    office.resident(2, registered("xiguan", true));
    assert_eq!(office.resident(1, ResidentEvent::ResidentErased {}), []);
    assert_eq!(office.resident(2, ResidentEvent::ResidentMerged { into: who(3) }), []);
    assert_eq!(office.opens(5), []);
}

#[test]
fn an_activity_of_a_subdistrict_expects_those_of_its_communities() {
    let mut office = Office::with(for_members(), []);
    let place = |office: &mut Office, code: &str, parent: &str| {
        let added = PlaceEvent::PlaceAdded {
            code: code.into(),
            name: code.into(),
            name_en: String::new(),
            parent: parent.into(),
            zone: String::new(),
        };
        office.0.at(before(), Heard::Place(code.into(), added));
    };
    place(&mut office, "xiguan", "");
    place(&mut office, "junhe", "xiguan");
    place(&mut office, "guanyuan", "elsewhere");
    office.resident(1, registered("junhe", true));
    office.resident(2, registered("guanyuan", true));
    assert_eq!(office.opens(5), [expect(5, &[1], "role:party-member")]);
}
