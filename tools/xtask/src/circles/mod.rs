//! Finds circles of files: sets of files of one crate in which each needs, directly or through the
//! others, every other one.
//!
//! A file needs another one if its code names an item that is defined there. The name is in a
//! private `use`, in a path in code, or inside a macro call. Names are followed through re-exports
//! to the file that defines the item. A re-export alone is no need, and neither is a `mod` line. So
//! a parent that only declares and re-exports its children is in no circle with them.
//!
//! It does not see which item a method call goes to, nor what a macro makes out of its input. It
//! sees the names in the input. Code for tests (`#[cfg(test)]`, `#[test]`) is left out.
//!
//! | module | does |
//! | --- | --- |
//! | [`test_only`] | decides whether an item is there for tests only |
//! | [`tree`] | reads the files of a crate into scopes with names |
//! | [`resolve`] | follows a path to the file that defines the item |
//! | [`uses`] | collects which file needs which |
//! | [`graph`] | finds the circles |

mod graph;
mod resolve;
mod test_only;
#[cfg(test)]
mod tests;
mod tree;
mod uses;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use crate::workspace;
use graph::Edge;
use tree::Tree;

/// The files of a package that are not for tests only.
#[derive(Default)]
pub struct CodeFiles(BTreeMap<PathBuf, usize>);

impl CodeFiles {
    /// Adds the files of the crate that begins with the file `root`.
    ///
    /// # Errors
    ///
    /// A file is missing or cannot be parsed.
    pub fn read(&mut self, root: &Path) -> Result<(), String> {
        let tree = Tree::read(root, &from_disk)?;
        self.0
            .extend(tree.files().iter().cloned().zip(tree.test_lines()));
        Ok(())
    }

    /// Returns how many lines of a file are for tests only; nothing if all of them are.
    pub fn lines_of_tests(&self, file: &Path) -> Option<usize> {
        self.0.get(file).copied()
    }
}

fn from_disk(path: &Path) -> Option<String> {
    fs::read_to_string(path).ok()
}

/// What was found in one crate.
#[derive(Debug, Default)]
struct Found {
    /// Each circle is the edges inside it.
    circles: Vec<Vec<Edge>>,
    /// Paths into the crate that lead nowhere, each with its file and line.
    unresolved: Vec<String>,
}

/// Looks at every library and program of the workspace, and prints the circles. Returns whether
/// there is none.
///
/// # Errors
///
/// A file cannot be read or parsed.
#[expect(clippy::print_stdout, reason = "a program for the command line")]
pub fn command(with_unresolved: bool) -> Result<bool, String> {
    let root = workspace::root();
    let (mut count, mut files) = (0, 0);
    for package in workspace::packages()? {
        for start in package.roots {
            let tree = Tree::read(&start, &from_disk)?;
            files += tree.files().len();
            let found = find(tree);
            for circle in &found.circles {
                count += 1;
                println!("{}: {}", package.name, describe(circle, &root));
            }
            if with_unresolved {
                for path in &found.unresolved {
                    println!("{}: not resolved: {path}", package.name);
                }
            }
        }
    }
    println!("{count} circles in {files} files");
    Ok(count == 0)
}

fn find(mut tree: Tree) -> Found {
    let (edges, unresolved) = uses::collect(&mut tree);
    Found {
        circles: graph::circles(&edges),
        unresolved,
    }
}

/// Returns the files of a circle, then a line for each edge: where it is and what is needed.
fn describe(circle: &[Edge], root: &Path) -> String {
    let short = |path: &Path| {
        path.strip_prefix(root)
            .unwrap_or(path)
            .display()
            .to_string()
    };
    let mut files: Vec<String> = circle.iter().map(|edge| short(&edge.from)).collect();
    files.dedup();
    let mut text = format!("a circle of {} files: {}", files.len(), files.join(", "));
    for edge in circle {
        let (from, to) = (short(&edge.from), short(&edge.to));
        _ = write!(
            text,
            "\n    {from}:{} needs {} of {to}",
            edge.line, edge.item
        );
    }
    text
}
