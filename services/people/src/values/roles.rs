//! The one table that says what a role allows.

/// Everything that a route can ask for.
pub const PERMISSIONS: [&str; 15] = [
    "activity.plan",
    "activity.publish",
    "occurrence.change",
    "venue.manage",
    "holidays.adopt",
    "roll.take",
    "people.see",
    "people.manage",
    "people.erase",
    "staff.manage",
    "notifier.followup",
    "announce",
    "bulletin.publish",
    "scoring.adopt",
    "points.spend",
];

/// What somebody may do in a place and all below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Everything.
    Administrator,
    /// Everything but staff, erasure and the year's holidays.
    Organiser,
    /// Takes the roll.
    RollKeeper,
    /// Looks on.
    Viewer,
}

impl Role {
    /// All roles, the strongest first.
    pub const ALL: [Self; 4] =
        [Self::Administrator, Self::Organiser, Self::RollKeeper, Self::Viewer];

    /// As on the log: `roll-keeper`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::Organiser => "organiser",
            Self::RollKeeper => "roll-keeper",
            Self::Viewer => "viewer",
        }
    }

    /// The role of a code.
    pub fn of(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.code() == code)
    }

    /// Whether it allows something.
    pub fn allows(self, permission: &str) -> bool {
        let known = PERMISSIONS.contains(&permission);
        known
            && match self {
                Self::Administrator => true,
                Self::Organiser => {
                    !["staff.manage", "people.erase", "holidays.adopt"].contains(&permission)
                }
                Self::RollKeeper => ["roll.take", "people.see"].contains(&permission),
                Self::Viewer => permission == "people.see",
            }
    }

    /// All that it allows.
    pub fn permissions(self) -> impl Iterator<Item = &'static str> {
        PERMISSIONS.into_iter().filter(move |permission| self.allows(permission))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_table() {
        // Columns: administrator, organiser, roll-keeper, viewer.
        let table = [
            ("activity.plan", "xx--"),
            ("activity.publish", "xx--"),
            ("occurrence.change", "xx--"),
            ("venue.manage", "xx--"),
            ("holidays.adopt", "x---"),
            ("roll.take", "xxx-"),
            ("people.see", "xxxx"),
            ("people.manage", "xx--"),
            ("people.erase", "x---"),
            ("staff.manage", "x---"),
            ("notifier.followup", "xx--"),
            ("announce", "xx--"),
            ("bulletin.publish", "xx--"),
            ("scoring.adopt", "xx--"),
            ("points.spend", "xx--"),
            ("something.else", "----"),
        ];
        for (permission, expected) in table {
            let row: String = Role::ALL
                .map(|role| if role.allows(permission) { 'x' } else { '-' })
                .iter()
                .collect();
            assert_eq!(row, expected, "{permission}");
        }
        assert_eq!(table.len(), PERMISSIONS.len() + 1);
    }

    #[test]
    fn roles_come_back_from_their_codes() {
        for role in Role::ALL {
            assert_eq!(Role::of(role.code()), Some(role));
        }
        assert_eq!(Role::of("caretaker"), None);
    }
}
