//! Each target with the committed corpus, and with up to a million changes of it (in an ordinary
//! run only where that is quick). The seed is fixed, so that every run is the same.

use std::fs;
use std::path::{Path, PathBuf};

use fuzz_checks::{Check, TARGETS};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{RngSeed, TestRunner};
use test_support::reliability::{measured, scale};

/// An input does not grow beyond this.
const MAX_INPUT: usize = 600;

fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files of a folder, in the same order everywhere.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// A line of the fuzzer's dictionary: a quoted word, with escapes as in `"\\x0D\\\""`; or none.
fn word(line: &str) -> Option<Vec<u8>> {
    let quoted = line.strip_prefix('"')?.strip_suffix('"')?;
    let mut word = Vec::new();
    let mut rest = quoted.bytes();
    while let Some(byte) = rest.next() {
        word.push(match byte {
            b'\\' => match rest.next()? {
                b'x' => {
                    let digits = [rest.next()?, rest.next()?];
                    u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
                }
                itself => itself,
            },
            plain => plain,
        });
    }
    Some(word)
}

/// One change at one place.
#[derive(Clone, Debug)]
enum Edit {
    FlipBit(u8),
    Replace(u8),
    Remove(usize),
    Double(usize),
    Insert(Vec<u8>),
    Truncate,
}

impl Edit {
    fn apply(&self, input: &mut Vec<u8>, place: Index) {
        let begin = place.index(input.len() + 1);
        let end = |length: &usize| (begin + length).min(input.len());
        match self {
            Self::FlipBit(bit) => input[begin..]
                .iter_mut()
                .take(1)
                .for_each(|b| *b ^= 1 << bit),
            Self::Replace(byte) => input[begin..].iter_mut().take(1).for_each(|b| *b = *byte),
            Self::Remove(length) => drop(input.drain(begin..end(length))),
            Self::Double(length) => {
                let part = input[begin..end(length)].to_vec();
                drop(input.splice(begin..begin, part));
            }
            Self::Insert(bytes) => drop(input.splice(begin..begin, bytes.iter().copied())),
            Self::Truncate => input.truncate(begin),
        }
    }
}

/// Mostly a part of the corpus with a few changes, sometimes random bytes.
fn inputs(corpus: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let dictionary = fs::read_to_string(folder().join("dict.txt")).unwrap();
    let words: Vec<_> = dictionary.lines().filter_map(word).collect();
    let part = (select(corpus.clone()), any::<Index>(), 0_usize..40);
    let part = part.prop_map(|(text, begin, length)| {
        let begin = begin.index(text.len() + 1);
        text[begin..(begin + length).min(text.len())].to_vec()
    });
    let edit = prop_oneof![
        (0_u8..8).prop_map(Edit::FlipBit),
        any::<u8>().prop_map(Edit::Replace),
        (1_usize..5).prop_map(Edit::Remove),
        (1_usize..5).prop_map(Edit::Double),
        select(words).prop_map(Edit::Insert),
        part.prop_map(Edit::Insert),
        Just(Edit::Truncate),
    ];
    let changed = (select(corpus), vec((edit, any::<Index>()), 0..4));
    let changed = changed.prop_map(|(mut input, edits)| {
        edits
            .iter()
            .for_each(|(edit, place)| edit.apply(&mut input, *place));
        input.truncate(MAX_INPUT);
        input
    });
    prop_oneof![7 => changed, 1 => vec(any::<u8>(), 0..64)]
}

/// Runs a target with the corpus and so many other inputs.
fn run(name: &str, cases: u32) {
    let (_, check): (_, Check) = TARGETS
        .into_iter()
        .find(|(target, _)| *target == name)
        .unwrap();
    let corpus: Vec<_> = files(&folder().join("corpus").join(name))
        .iter()
        .map(|file| fs::read(file).unwrap())
        .collect();
    corpus.iter().for_each(|input| check(input));
    let config = ProptestConfig {
        rng_seed: RngSeed::Fixed(0x0d0c_1a5e),
        failure_persistence: None,
        ..ProptestConfig::with_cases(cases)
    };
    let checked = |input: Vec<u8>| {
        check(&input);
        Ok(())
    };
    TestRunner::new(config)
        .run(&inputs(corpus), checked)
        .unwrap();
    measured(3, format_args!("{name} {cases} seeded cases"));
}

/// One test for each target, so that they are named and run side by side. Those that would take
/// long in an unoptimized build are smaller there.
macro_rules! seeded {
    ($($target:ident $small:literal,)*) => {
        $(
            #[test]
            fn $target() {
                run(stringify!($target), scale($small, 1_000_000));
            }
        )*
    };
}

seeded! {
    head 100_000,
    target_query 50_000,
    fragment 50_000,
    result_json 50_000,
    signature_base 20_000,
    launch_query 50_000,
    conn_machine 20_000,
}

#[test]
fn the_fuzzer_has_the_same_targets() {
    let files = files(&folder().join("libfuzzer/fuzz_targets"));
    let files: Vec<_> = files
        .iter()
        .map(|file| file.file_stem().unwrap().to_str().unwrap())
        .collect();
    let mut names = TARGETS.map(|(name, _)| name);
    names.sort_unstable();
    assert_eq!(files, names);
}
