//! A million inputs for each target (in an ordinary run only where that is quick): the committed
//! corpus of the fuzzer, changed, and random bytes. The seed is fixed, so that every run is the
//! same; a failure prints its input.

use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};
use std::thread;

use super::{Check, TARGETS};
use crate::random::Random;
use crate::reliability::{measured, scale};

/// Two threads for the two cores of a small machine. The inputs do not depend on it.
const LANES: usize = 2;
/// The longest input made of random bytes alone.
const MAX_RANDOM: usize = 64;
/// An input does not grow beyond this.
const MAX_INPUT: usize = 600;

fn byte(random: &mut Random) -> u8 {
    random.below(256) as u8
}

fn one_of<'a>(random: &mut Random, texts: &'a [Vec<u8>]) -> &'a [u8] {
    &texts[random.below(texts.len())]
}

/// A part of a text, perhaps an empty one.
fn part_of<'a>(random: &mut Random, text: &'a [u8]) -> &'a [u8] {
    let begin = random.below(text.len() + 1);
    let length = random.below(text.len() - begin + 1).min(40);
    &text[begin..begin + length]
}

/// What inputs are made of.
struct Kit {
    corpus: Vec<Vec<u8>>,
    words: Vec<Vec<u8>>,
}

impl Kit {
    fn of(target: &str) -> Self {
        let folder = fuzz_folder();
        let mut files: Vec<PathBuf> = fs::read_dir(folder.join("corpus").join(target))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        // The order of a folder is any; that of the inputs is not.
        files.sort();
        let corpus: Vec<_> = files.iter().map(|file| fs::read(file).unwrap()).collect();
        assert!(!corpus.is_empty(), "no corpus for {target}");
        let words = fs::read_to_string(folder.join("dict.txt")).unwrap();
        Self {
            corpus,
            words: words.lines().filter_map(word).collect(),
        }
    }

    fn input(&self, random: &mut Random) -> Vec<u8> {
        if random.below(8) == 0 {
            return (0..random.below(MAX_RANDOM))
                .map(|_| byte(random))
                .collect();
        }
        let mut input = one_of(random, &self.corpus).to_vec();
        for _ in 0..random.below(4) {
            self.change(&mut input, random);
        }
        input.truncate(MAX_INPUT);
        input
    }

    /// One change at one place.
    fn change(&self, input: &mut Vec<u8>, random: &mut Random) {
        let place = random.below(input.len());
        let end = (place + 1 + random.below(4)).min(input.len());
        match random.below(7) {
            // A bit flipped.
            0 => input
                .iter_mut()
                .skip(place)
                .take(1)
                .for_each(|byte| *byte ^= 1 << random.below(8)),
            // A byte replaced.
            1 => input
                .iter_mut()
                .skip(place)
                .take(1)
                .for_each(|old| *old = byte(random)),
            // A few taken out.
            2 => drop(input.drain(place..end)),
            // Or doubled.
            3 => drop(input.splice(place..place, input[place..end].to_vec())),
            // A word put in.
            4 => drop(input.splice(place..place, one_of(random, &self.words).iter().copied())),
            // A piece of another input put in.
            5 => {
                let other = one_of(random, &self.corpus);
                drop(input.splice(place..place, part_of(random, other).iter().copied()));
            }
            // The rest cut off.
            _ => input.truncate(place),
        }
    }
}

fn fuzz_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz")
}

/// A line of the dictionary: a quoted word, with escapes as in `"\\x0D\\\""`; or none.
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

/// Runs a target with so many inputs.
fn run(name: &str, cases: usize) {
    let (_, check) = TARGETS
        .into_iter()
        .find(|(target, _)| *target == name)
        .unwrap();
    let kit = Kit::of(name);
    kit.corpus
        .iter()
        .for_each(|input| survive(name, check, input));
    thread::scope(|scope| {
        for lane in 0..LANES {
            let kit = &kit;
            scope.spawn(move || {
                let mut random = Random(0x0d0c_1a5e + lane as u64);
                for _ in 0..cases / LANES {
                    survive(name, check, &kit.input(&mut random));
                }
            });
        }
    });
    measured(3, format_args!("{name} {cases} seeded cases"));
}

/// Checks one input, and prints it if it fails.
fn survive(name: &str, check: Check, input: &[u8]) {
    if catch_unwind(|| check(input)).is_err() {
        panic!("{name} fails with b\"{}\"", input.escape_ascii());
    }
}

/// One test for each target, so that they are named and run side by side. Those that would take
/// long in an unoptimised build are smaller there.
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
    head 1_000_000,
    target_query 100_000,
    fragment 100_000,
    result_json 100_000,
    signature_base 50_000,
    conn_machine 50_000,
    event_schedule 100_000,
}

#[test]
fn the_fuzzer_has_the_same_targets() {
    let folder = fuzz_folder().join("fuzz_targets");
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let mut names = TARGETS.map(|(name, _)| name);
    names.sort_unstable();
    let files: Vec<_> = files
        .iter()
        .map(|file| file.file_stem().unwrap().to_str().unwrap())
        .collect();
    assert_eq!(files, names);
}
