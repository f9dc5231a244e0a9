CREATE TABLE figures_activities (
    activity TEXT PRIMARY KEY, title TEXT NOT NULL, title_en TEXT NOT NULL, kinds TEXT NOT NULL,
    teams TEXT NOT NULL, partners TEXT NOT NULL, public INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
-- Titles, kinds, hosts and teams are NULL where they are the activity's.
CREATE TABLE figures_occurrences (
    id INTEGER PRIMARY KEY, community TEXT NOT NULL, activity TEXT NOT NULL,
    recurrence_id TEXT NOT NULL, on_date TEXT, start TEXT, title TEXT, title_en TEXT, kinds TEXT,
    hosts TEXT, teams TEXT, cancelled INTEGER NOT NULL DEFAULT 0, over INTEGER NOT NULL DEFAULT 0,
    by_hand INTEGER NOT NULL DEFAULT 0, roll_version INTEGER NOT NULL DEFAULT 0,
    tally_version INTEGER NOT NULL DEFAULT 0, activity_version INTEGER NOT NULL DEFAULT 0,
    seq INTEGER NOT NULL DEFAULT 0, cause TEXT NOT NULL DEFAULT '',
    UNIQUE (community, activity, recurrence_id)
) STRICT;
CREATE INDEX figures_by_date ON figures_occurrences (on_date);
CREATE TABLE figures_values (
    occurrence INTEGER NOT NULL, measure TEXT NOT NULL, value INTEGER NOT NULL,
    seq INTEGER NOT NULL, cause TEXT NOT NULL, PRIMARY KEY (occurrence, measure)
) STRICT, WITHOUT ROWID;
CREATE TABLE figures_list (
    occurrence INTEGER NOT NULL, resident TEXT NOT NULL, flags INTEGER NOT NULL, rating INTEGER,
    PRIMARY KEY (occurrence, resident)
) STRICT, WITHOUT ROWID;
CREATE TABLE figures_shares (
    occurrence INTEGER NOT NULL, resident TEXT NOT NULL, community TEXT NOT NULL,
    building TEXT NOT NULL, grid TEXT NOT NULL, teams TEXT NOT NULL, on_date TEXT NOT NULL,
    times INTEGER NOT NULL, minutes INTEGER NOT NULL, points INTEGER NOT NULL,
    seq INTEGER NOT NULL, cause TEXT NOT NULL,
    PRIMARY KEY (occurrence, resident, community, building, teams)
) STRICT, WITHOUT ROWID;
CREATE INDEX figures_shares_by_date ON figures_shares (on_date);
CREATE TABLE figures_notices (
    community TEXT NOT NULL, on_date TEXT NOT NULL, channel TEXT NOT NULL, measure TEXT NOT NULL,
    n INTEGER NOT NULL, seq INTEGER NOT NULL, cause TEXT NOT NULL,
    PRIMARY KEY (community, on_date, channel, measure)
) STRICT, WITHOUT ROWID;
CREATE TABLE figures_posted (
    stream TEXT NOT NULL, medium TEXT NOT NULL, on_date TEXT NOT NULL, places INTEGER NOT NULL,
    PRIMARY KEY (stream, medium)
) STRICT, WITHOUT ROWID;
CREATE TABLE figures_places (
    code TEXT NOT NULL, from_on TEXT NOT NULL, parent TEXT NOT NULL, kind TEXT NOT NULL,
    zone TEXT NOT NULL, PRIMARY KEY (code, from_on)
) STRICT, WITHOUT ROWID;
CREATE TABLE figures_residents (
    resident TEXT PRIMARY KEY, community TEXT NOT NULL, building TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX figures_residents_by_home ON figures_residents (community, building);
CREATE TABLE figures_teams (
    team TEXT PRIMARY KEY, community TEXT NOT NULL, name TEXT NOT NULL
) STRICT, WITHOUT ROWID;
-- When the figures of a day changed last.
CREATE TABLE figures_touched (on_date TEXT PRIMARY KEY, seq INTEGER NOT NULL)
STRICT, WITHOUT ROWID;
