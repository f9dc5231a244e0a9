use linli_platform::{testing::at, vault::Sealed};
use linli_proto::assert_contract;
use uuid::Uuid;

use super::*;

const ID: Uuid = Uuid::from_u128(7);

fn sealed() -> Sealed {
    Sealed { person: ID, v: 1, nonce: vec![1; 12], boxed: vec![2; 20] }
}

fn registered() -> Registered {
    Registered {
        community: "xiguan".into(),
        building: "xiguan-b03".into(),
        name: sealed(),
        phone: Some(sealed()),
        email: Some(sealed()),
        flat: Some(sealed()),
        language: "zh".into(),
        large_type: true,
        party_member: true,
        volunteer: true,
        building_head: true,
        under_14: true,
        synthetic: true,
    }
}

fn changed() -> Changed {
    Changed {
        name: Some(sealed()),
        phone: Some(sealed()),
        email: Some(sealed()),
        flat: Some(sealed()),
        language: Some("en".into()),
        large_type: Some(true),
        party_member: Some(true),
        volunteer: Some(true),
        building_head: Some(true),
        under_14: Some(true),
    }
}

#[test]
fn places_keep_the_contract() {
    let place = Place {
        code: "xiguan-b03".into(),
        name: "3号楼".into(),
        name_en: "Building 3".into(),
        kind: Kind::Building,
        parent: "xiguan-g1".into(),
        zone: "Asia/Shanghai".into(),
        synthetic: true,
    };
    let changed = PlaceEvent::PlaceChanged {
        name: "三号楼".into(),
        name_en: "Block 3".into(),
        parent: "xiguan-g2".into(),
    };
    let exported = PlaceEvent::ResidentsExported { residents: 2 };
    assert_contract("linli.people.v1.Place", &[PlaceEvent::PlaceAdded(place), changed, exported]);
}

#[test]
fn residents_keep_the_contract() {
    use ResidentEvent as E;
    assert_contract(
        "linli.people.v1.Resident",
        &[
            E::ResidentRegistered(registered()),
            E::ResidentChanged(changed()),
            E::ResidentMoved { community: "junhe".into(), building: "junhe-b01".into() },
            E::ConsentGiven { purpose: Purpose::Rankings, how: "paper".into() },
            E::ConsentWithdrawn { purpose: Purpose::Guardian },
            E::TeamJoined { team: ID },
            E::TeamLeft { team: ID },
            E::ProxyAllowed { proxy: ID },
            E::ProxyEnded { proxy: ID },
            E::SignInAsked { n: 2, at: at("2026-11-02T08:00:00+08:00") },
            E::CardIssued { order: Some(ID) },
            E::DoubleTakenOver { double: ID, at: at("2026-11-02T08:00:00+08:00") },
            E::ResidentMerged { into: ID },
            E::ResidentErased {},
        ],
    );
}

#[test]
fn staff_keep_the_contract() {
    use StaffEvent as E;
    assert_contract(
        "linli.people.v1.Staff",
        &[
            E::StaffJoined { name: sealed(), email: Some(sealed()), language: "zh".into() },
            E::StaffChanged {
                name: Some(sealed()),
                email: Some(sealed()),
                language: Some("en".into()),
            },
            E::RoleGiven { role: "organiser".into(), community: "guangling".into() },
            E::RoleTaken { role: "organiser".into(), community: "guangling".into() },
            E::StaffLeft {},
            E::StaffErased {},
            E::StaffSignInAsked { n: 1, at: at("2026-11-02T08:00:00+08:00") },
        ],
    );
}

#[test]
fn teams_and_units_keep_the_contract() {
    assert_contract(
        "linli.people.v1.Team",
        &[
            TeamEvent::TeamFounded {
                community: "xiguan".into(),
                name: "手拉手睦邻志愿服务队".into(),
                parent: Some(ID),
                about: "Help among neighbours".into(),
            },
            TeamEvent::TeamRenamed { name: "手拉手".into() },
            TeamEvent::TeamEnded {},
        ],
    );
    assert_contract(
        "linli.people.v1.Unit",
        &[
            UnitEvent::UnitAdded {
                community: "guanyuan".into(),
                name: "电力新村活动中心".into(),
                kind: "organisation".into(),
            },
            UnitEvent::UnitRenamed { name: "电力新村".into() },
            UnitEvent::UnitEnded {},
        ],
    );
}
