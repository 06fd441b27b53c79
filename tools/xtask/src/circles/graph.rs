//! Finds the circles among the edges.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// One file needs an item of another one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edge {
    pub from: PathBuf,
    pub to: PathBuf,
    /// Where `from` names the item first.
    pub line: usize,
    pub item: String,
}

/// Returns the largest sets of files that need each other, each as the edges inside it, sorted.
pub fn circles(edges: &[Edge]) -> Vec<Vec<Edge>> {
    let mut next: BTreeMap<&Path, Vec<&Path>> = BTreeMap::new();
    for edge in edges {
        next.entry(&edge.from).or_default().push(&edge.to);
    }
    // A few hundred files: what each one reaches is the plain way to what reaches it back.
    let reach: BTreeMap<&Path, Vec<&Path>> = next
        .keys()
        .map(|file| (*file, reachable(file, &next)))
        .collect();
    let reaches = |from: &Path, to: &Path| reach.get(from).is_some_and(|all| all.contains(&to));
    let mut circles: Vec<Vec<Edge>> = Vec::new();
    for edge in edges.iter().filter(|edge| reaches(&edge.to, &edge.from)) {
        match circles.iter_mut().find(|circle| {
            reaches(&circle[0].from, &edge.from) && reaches(&edge.from, &circle[0].from)
        }) {
            Some(circle) => circle.push(edge.clone()),
            None => circles.push(vec![edge.clone()]),
        }
    }
    for circle in &mut circles {
        circle.sort();
    }
    circles.sort();
    circles
}

fn reachable<'a>(start: &'a Path, next: &BTreeMap<&'a Path, Vec<&'a Path>>) -> Vec<&'a Path> {
    let mut found = Vec::new();
    let mut open = vec![start];
    while let Some(file) = open.pop() {
        for &to in next.get(file).into_iter().flatten() {
            if !found.contains(&to) {
                found.push(to);
                open.push(to);
            }
        }
    }
    found
}
