//! Small crates, each a list of files with their texts.

use std::path::Path;

use super::tree::Tree;
use super::{Found, find};

fn crate_of(files: &[(&str, &str)]) -> Found {
    let read = |path: &Path| {
        let name = path.strip_prefix("src").ok()?;
        let found = files.iter().find(|(file, _)| Path::new(file) == name);
        found.map(|(_, text)| (*text).to_owned())
    };
    find(Tree::read(Path::new("src/lib.rs"), &read).unwrap())
}

/// Returns the circles, each as its edges: `from:line item to`.
fn circles(files: &[(&str, &str)]) -> Vec<Vec<String>> {
    let found = crate_of(files);
    assert_eq!(found.unresolved, Vec::<String>::new());
    let short = |path: &Path| path.strip_prefix("src").unwrap().display().to_string();
    let edges = found.circles.iter().map(|circle| {
        circle
            .iter()
            .map(|edge| {
                format!(
                    "{}:{} {} {}",
                    short(&edge.from),
                    edge.line,
                    edge.item,
                    short(&edge.to)
                )
            })
            .collect()
    });
    edges.collect()
}

const NONE: Vec<Vec<String>> = Vec::new();

#[test]
fn two_files_that_import_each_other_are_a_circle() {
    let files = [
        ("lib.rs", "mod a; mod b;"),
        ("a.rs", "use crate::b::B;\npub struct A(B);"),
        ("b.rs", "\nuse super::a::A;\npub struct B(Box<A>);"),
    ];
    assert_eq!(circles(&files), [["a.rs:1 B b.rs", "b.rs:2 A a.rs"]]);
}

#[test]
fn one_direction_is_none() {
    let files = [
        ("lib.rs", "mod a; mod b;"),
        ("a.rs", "use crate::b::B; pub struct A(B);"),
        ("b.rs", "pub struct B;"),
    ];
    assert_eq!(circles(&files), NONE);
}

#[test]
fn a_circle_can_go_by_paths_in_code() {
    let files = [
        ("lib.rs", "mod a; mod b; mod c;"),
        ("a.rs", "pub fn a() { crate::b::b(); }"),
        (
            "b.rs",
            "use super::c;\npub fn b() { println!(\"{}\", c::NUMBER); }",
        ),
        (
            "c.rs",
            "pub const NUMBER: u8 = 1;\nimpl crate::a::Missing for u8 {}\nfn c() { use crate::a as x; x::a() }",
        ),
    ];
    let found = crate_of(&files);
    assert_eq!(found.unresolved, ["src/c.rs:2: crate::a::Missing"]);
    let edges = found.circles[0]
        .iter()
        .map(|edge| (edge.line, edge.item.as_str()));
    assert_eq!(
        edges.collect::<Vec<_>>(),
        [(1, "b"), (2, "NUMBER"), (3, "a")]
    );
    assert_eq!(found.circles.len(), 1);
}

#[test]
fn re_exports_are_followed_to_the_file_that_defines() {
    let files = [
        (
            "lib.rs",
            "mod a; mod b; pub use a::*; pub(crate) use b::{B as Renamed, inner};",
        ),
        ("a.rs", "pub struct A(crate::Renamed);"),
        ("b.rs", "pub struct B(Box<crate::A>); pub mod inner;"),
        ("b/inner.rs", "pub fn inner() {}"),
    ];
    assert_eq!(circles(&files), [["a.rs:1 B b.rs", "b.rs:1 A a.rs"]]);
}

#[test]
fn a_parent_that_only_re_exports_is_in_no_circle() {
    let files = [
        ("lib.rs", "mod parent;"),
        (
            "parent/mod.rs",
            "mod a; mod b; pub use a::A; pub use b::B; pub fn parent() {}",
        ),
        ("parent/a.rs", "use super::{B, parent}; pub struct A(B);"),
        ("parent/b.rs", "use super::parent; pub struct B;"),
    ];
    assert_eq!(circles(&files), NONE);
}

#[test]
fn a_parent_whose_code_uses_the_child_that_uses_it_is_in_one() {
    let child = (
        "parent/a.rs",
        "use super::LIMIT; pub struct A([u8; LIMIT]);",
    );
    for parent in [
        "mod a; pub const LIMIT: usize = 1; fn f(a: a::A) {}",
        "mod a; pub use a::A; pub const LIMIT: usize = 1; fn f(a: A) {}",
        "mod a; pub use a::*; pub const LIMIT: usize = 1; fn f() { dbg!(A::new()); }",
    ] {
        let files = [("lib.rs", "mod parent;"), ("parent.rs", parent), child];
        assert_eq!(
            circles(&files),
            [["parent/a.rs:1 LIMIT parent.rs", "parent.rs:1 A parent/a.rs"]]
        );
    }
}

#[test]
fn tests_do_not_count() {
    let files = [
        (
            "lib.rs",
            "mod a; mod b; #[cfg(test)] mod missing; #[cfg(all(test, unix))] mod missing2;",
        ),
        (
            "a.rs",
            "pub struct A; #[cfg(test)] mod tests { use crate::b::B; } #[test] fn t() { crate::b::b() }",
        ),
        ("b.rs", "pub struct B(crate::a::A); pub fn b() {}"),
    ];
    assert_eq!(circles(&files), NONE);
}

#[test]
fn both_of_two_modules_by_target_are_seen() {
    let files = [
        (
            "lib.rs",
            "mod a; #[cfg(unix)] mod b; #[cfg(not(unix))] #[path = \"other/b.rs\"] mod b;",
        ),
        ("a.rs", "pub struct A(crate::b::B);"),
        ("b.rs", "pub struct B;"),
        ("other/b.rs", "mod c; pub use c::B;"),
        ("other/c.rs", "pub struct B; fn c(a: crate::a::A) {}"),
    ];
    assert_eq!(
        circles(&files),
        [["a.rs:1 B other/c.rs", "other/c.rs:1 A a.rs"]]
    );
}

#[test]
fn macros_count_by_their_name_and_what_they_write() {
    let files = [
        ("lib.rs", "#[macro_use] mod a; mod b; mod c;"),
        (
            "a.rs",
            "macro_rules! a { ($t:ident) => { pub struct $t($crate::b::B); } }",
        ),
        ("b.rs", "a!(B);"),
        (
            "c.rs",
            "use crate::b::B; pub(crate) use c; macro_rules! c { () => {} }",
        ),
    ];
    assert_eq!(circles(&files), [["a.rs:1 B b.rs", "b.rs:1 a a.rs"]]);
}

#[test]
fn what_a_macro_defines_is_defined_where_it_is_called() {
    let files = [
        ("lib.rs", "mod a; mod b;"),
        (
            "a.rs",
            "macro_rules! make { ($n:ident) => { pub struct Fixed; pub struct $n; } } make!(Given); impl crate::b::B {}",
        ),
        (
            "b.rs",
            "\nuse crate::a::Fixed;\npub struct B(crate::a::Given);",
        ),
    ];
    assert_eq!(circles(&files), [["a.rs:1 B b.rs", "b.rs:2 Fixed a.rs"]]);
}

#[test]
fn modules_inside_a_file_belong_to_it() {
    let files = [
        ("lib.rs", "mod a; mod b;"),
        (
            "a.rs",
            "pub mod inner { pub mod deep; pub struct A(super::super::b::B); }",
        ),
        ("a/inner/deep.rs", "use super::A;"),
        ("b.rs", "pub struct B; fn b(a: crate::a::inner::A) {}"),
    ];
    assert_eq!(circles(&files), [["a.rs:1 B b.rs", "b.rs:1 A a.rs"]]);
}

#[test]
fn variants_belong_to_their_enum() {
    let files = [
        ("lib.rs", "mod a; mod b;"),
        (
            "a.rs",
            "pub enum A { One, Two } pub const N: u8 = crate::b::N;",
        ),
        (
            "b.rs",
            "use crate::a::A::*; pub const N: u8 = 1; fn b(x: u8) { let _ = Two; }",
        ),
    ];
    assert_eq!(circles(&files), [["a.rs:1 N b.rs", "b.rs:1 A a.rs"]]);
}
