//! Tab-separated tables: `#` begins a comment, `-` is an empty cell, spaces separate the items of a list.

/// The rows of a table.
pub(super) fn rows(text: &'static str) -> impl Iterator<Item = Row> {
    text.lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| Row { cells: line.split('\t') })
}

/// One row, read from the left.
pub(super) struct Row {
    cells: std::str::Split<'static, char>,
}

impl Row {
    /// The next cell; none if it is `-` or missing.
    pub(super) fn next(&mut self) -> Option<&'static str> {
        self.cells.next().filter(|cell| *cell != "-")
    }

    /// The items of the next cell.
    pub(super) fn list(&mut self) -> Vec<&'static str> {
        self.next().map(|cell| cell.split(' ').collect()).unwrap_or_default()
    }

    /// Whether the next cell is `true`.
    pub(super) fn flag(&mut self) -> bool {
        self.next() == Some("true")
    }
}
