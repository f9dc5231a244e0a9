//! Who is expected at an occurrence, as a group.

use std::{fmt, str::FromStr};

use uuid::Uuid;

/// What somebody is in their community.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// A member of the Party.
    PartyMember,
    /// A volunteer.
    Volunteer,
    /// The head of a building.
    BuildingHead,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::PartyMember, Self::Volunteer, Self::BuildingHead];

    /// Its name in events and forms.
    pub fn name(self) -> &'static str {
        match self {
            Self::PartyMember => "party-member",
            Self::Volunteer => "volunteer",
            Self::BuildingHead => "building-head",
        }
    }

    /// Whole words by which an activity says that it is for them.
    fn words(self) -> [&'static str; 3] {
        match self {
            Self::PartyMember => ["党员", "全体党员", "party members"],
            Self::Volunteer => ["志愿者", "全体志愿者", "volunteers"],
            Self::BuildingHead => ["楼栋长", "全体楼栋长", "building heads"],
        }
    }
}

/// People who are expected together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Audience {
    /// The members of a team.
    Team(Uuid),
    /// Those of the community with a role.
    Role(Role),
}

impl Audience {
    /// Whom an activity's own words name. Words that name nobody in particular, and partners of
    /// other organisations, name no group: the desk picks people itself.
    pub fn named(words: &str) -> Vec<Self> {
        let parts = words.split([',', '，', '、', ';', '；']).map(str::trim);
        let role = |part: &str| {
            let part = part.to_lowercase();
            Role::ALL.into_iter().find(|role| role.words().contains(&part.as_str()))
        };
        parts.filter_map(role).map(Self::Role).collect()
    }
}

impl fmt::Display for Audience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Team(team) => write!(f, "team:{team}"),
            Self::Role(role) => write!(f, "role:{}", role.name()),
        }
    }
}

impl FromStr for Audience {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text.split_once(':') {
            Some(("team", team)) => team.parse().map(Self::Team).map_err(|_| ()),
            Some(("role", name)) => {
                let role = Role::ALL.into_iter().find(|role| role.name() == name);
                role.map(Self::Role).ok_or(())
            }
            _ => Err(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_audience_is_read_from_an_organisers_words_and_from_its_own_name() {
        let party = Audience::Role(Role::PartyMember);
        let heads = Audience::Role(Role::BuildingHead);
        assert_eq!(Audience::named("党员"), [party]);
        assert_eq!(Audience::named("居民、楼栋长"), [heads]);
        assert_eq!(
            Audience::named("Party members, volunteers"),
            [party, Audience::Role(Role::Volunteer)]
        );
        // Members of partner units are on no list of this community.
        assert_eq!(Audience::named("共建单位党员"), []);
        assert_eq!(Audience::named("全体居民"), []);
        for audience in [party, heads, Audience::Team(Uuid::from_u128(7))] {
            assert_eq!(audience.to_string().parse(), Ok(audience));
        }
        assert_eq!("team:x".parse::<Audience>(), Err(()));
        assert_eq!("role:king".parse::<Audience>(), Err(()));
    }
}
