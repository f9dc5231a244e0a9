//! The calendar's desk. WORKERS: the desk pages (plan, publish, change an occurrence, venues,
//! holidays, cadences) are written by a worker of their own in this folder and in
//! `templates/desk_*.html`; the edge worker leaves them and does feeds, month, occurrence, sheet,
//! poster, JSON.
