//! Pictures beside the tables: lines and squares as SVG. They bear no style: the colour is that of
//! the text, more or less of it.

use std::fmt::Write as _;

/// A text within SVG.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// The largest of some values, at least 1, so that it can be divided by.
fn most(values: impl Iterator<Item = i64>) -> i64 {
    values.max().unwrap_or(0).max(1)
}

/// A bar of up to 100 units in length, for a cell of a table.
pub(super) fn bar(value: i64, most: i64) -> String {
    let width = (value.max(0) * 100).checked_div(most.max(1)).unwrap_or(0).min(100);
    format!(
        "<svg viewBox=\"0 0 100 10\" width=\"160\" height=\"16\" preserveAspectRatio=\"none\" \
         aria-hidden=\"true\" focusable=\"false\"><rect width=\"{width}\" height=\"10\" rx=\"2\" \
         fill=\"currentColor\" fill-opacity=\"0.35\"/></svg>"
    )
}

/// One point of a trend.
pub(super) struct Point {
    /// What stands below it.
    pub label: String,
    /// How high it is.
    pub value: i64,
    /// What stands above it.
    pub shown: String,
}

const WIDTH: i64 = 640;
const HEIGHT: i64 = 200;
/// Room for what stands at the sides, above and below.
const MARGIN: i64 = 36;

/// A line over periods, the oldest first.
pub(super) fn trend(title: &str, points: &[Point]) -> String {
    let most = most(points.iter().map(|point| point.value));
    let steps = i64::try_from(points.len()).unwrap_or(1).max(2) - 1;
    let at = |(n, point): (i64, &Point)| {
        let x = MARGIN + n * (WIDTH - 2 * MARGIN) / steps;
        let y = HEIGHT - MARGIN - point.value.max(0) * (HEIGHT - 2 * MARGIN) / most;
        (x, y)
    };
    let places: Vec<_> = (0..).zip(points).map(at).collect();
    let line: Vec<_> = places.iter().map(|(x, y)| format!("{x},{y}")).collect();
    let base = HEIGHT - MARGIN;
    let mut svg = format!(
        "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{}\">\
         <path d=\"M{MARGIN} {base}H{}\" stroke=\"currentColor\" stroke-opacity=\"0.3\"/>\
         <polyline points=\"{}\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"2\"/>",
        escaped(title),
        WIDTH - MARGIN,
        line.join(" ")
    );
    for ((x, y), point) in places.iter().zip(points) {
        // Writing into a text can't fail.
        let _ = write!(
            svg,
            "<circle cx=\"{x}\" cy=\"{y}\" r=\"3.5\" fill=\"currentColor\"/>\
             <text x=\"{x}\" y=\"{}\" font-size=\"12\" text-anchor=\"middle\" \
             fill=\"currentColor\">{}</text>\
             <text x=\"{x}\" y=\"{}\" font-size=\"12\" text-anchor=\"middle\" \
             fill=\"currentColor\" fill-opacity=\"0.7\">{}</text>",
            y - 9,
            escaped(&point.shown),
            base + 18,
            escaped(&point.label)
        );
    }
    svg + "</svg>"
}

/// The side of a square, and the room for the names of the rows and of the columns.
const SIDE: usize = 16;
const NAMES: usize = 110;
const HEAD: usize = 18;

/// Squares by row and column, the darker the more; an empty place has none.
pub(super) fn heat(title: &str, columns: &[String], rows: &[(String, Vec<i64>)]) -> String {
    let most = most(rows.iter().flat_map(|(_, values)| values.iter().copied()));
    let (width, height) = (NAMES + columns.len() * SIDE, HEAD + rows.len() * SIDE);
    let mut svg = format!(
        "<svg viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" role=\"img\" \
         aria-label=\"{}\" font-size=\"10\" fill=\"currentColor\">",
        escaped(title)
    );
    for (n, column) in columns.iter().enumerate() {
        let x = NAMES + n * SIDE + SIDE / 2;
        let _ = write!(
            svg,
            "<text x=\"{x}\" y=\"12\" text-anchor=\"middle\">{}</text>",
            escaped(column)
        );
    }
    for (n, (name, values)) in rows.iter().enumerate() {
        let y = HEAD + n * SIDE;
        let _ = write!(svg, "<text x=\"0\" y=\"{}\">{}</text>", y + 12, escaped(name));
        for (column, value) in values.iter().enumerate().filter(|(_, value)| **value > 0) {
            // Five steps are as many as an eye tells apart.
            let step = 1 + (value * 5 - 1).clamp(0, most * 5 - 1) / most;
            let x = NAMES + column * SIDE;
            let _ = write!(
                svg,
                "<rect x=\"{x}\" y=\"{y}\" width=\"15\" height=\"15\" fill-opacity=\"{}.{}\"/>",
                step * 18 / 100,
                step * 18 % 100
            );
        }
    }
    svg + "</svg>"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_says_what_it_shows_and_lets_no_name_break_out() {
        let rows = vec![("<b>\"3\"</b>".to_owned(), vec![0, 1, 10])];
        let columns: Vec<_> = (1..=3).map(|n| n.to_string()).collect();
        let svg = heat("A & B", &columns, &rows);
        assert!(svg.contains("aria-label=\"A &amp; B\"") && svg.contains("&lt;b&gt;&quot;3&quot;"));
        assert_eq!(svg.matches("<rect").count(), 2, "an empty place has no square");
        assert!(svg.contains("fill-opacity=\"0.90\"") && svg.contains("fill-opacity=\"0.18\""));
    }

    #[test]
    fn a_trend_of_nothing_and_of_one_point_stays_within_its_frame() {
        assert!(trend("none", &[]).ends_with("</svg>"));
        let one = Point { label: "11".into(), value: 7, shown: "7".into() };
        assert!(trend("one", &[one]).contains("cx=\"36\" cy=\"36\""));
        assert!(bar(5, 0).contains("width=\"100\"") && bar(-3, 10).contains("rect width=\"0\""));
    }
}
