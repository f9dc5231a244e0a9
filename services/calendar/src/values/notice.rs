//! A plain notice of an occurrence, short enough to be copied into a chat group.

/// The longest notice, in characters.
pub const NOTICE_MAX: usize = 300;

/// One line of a notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What goes before: `时间：`.
    pub label: String,
    /// What is said; nothing: the line is left out.
    pub value: String,
    /// Whether it may be cut short where there is too much.
    pub may_shrink: bool,
}

/// Puts the lines together. Where that is too long, those that may shrink give way, the last first.
pub fn notice(mut lines: Vec<Line>) -> String {
    lines.retain(|line| !line.value.trim().is_empty());
    let chars = |text: &str| text.chars().count();
    let mut over =
        lines.iter().map(|line| chars(&line.label) + chars(&line.value) + 1).sum::<usize>();
    // The last line has no end.
    over = over.saturating_sub(NOTICE_MAX + 1);
    for line in lines.iter_mut().rev().filter(|line| line.may_shrink) {
        if over == 0 {
            break;
        }
        let length = chars(&line.value);
        // One character is for the mark that something is missing.
        let left = length.saturating_sub(over + 1);
        if left == 0 {
            over = over.saturating_sub(length + chars(&line.label) + 1);
            line.value.clear();
        } else {
            line.value = line.value.chars().take(left).chain(['…']).collect();
            over = 0;
        }
    }
    lines.retain(|line| !line.value.is_empty());
    let text: Vec<_> = lines.iter().map(|line| format!("{}{}", line.label, line.value)).collect();
    text.join("\n").chars().take(NOTICE_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(label: &str, value: &str, may_shrink: bool) -> Line {
        Line { label: label.into(), value: value.into(), may_shrink }
    }

    #[test]
    fn a_short_notice_says_all_and_leaves_empty_lines_out() {
        let lines = vec![line("【通知】", "读书会", false), line("地点：", " ", false)];
        assert_eq!(notice(lines), "【通知】读书会");
    }

    #[test]
    fn a_long_notice_keeps_what_matters_within_its_length() {
        for length in 1..700 {
            let lines = vec![
                line("【取消】", "读书会", false),
                line("原因：", &"雨".repeat(length), true),
                line("说明：", &"书".repeat(length), true),
                line("详情：", "https://linli.test/c/xiguan/reading-club/20261104T150000", false),
            ];
            let text = notice(lines);
            assert!(text.chars().count() <= NOTICE_MAX, "{length}: {}", text.chars().count());
            assert!(text.starts_with("【取消】读书会\n") && text.ends_with("20261104T150000"));
        }
    }
}
