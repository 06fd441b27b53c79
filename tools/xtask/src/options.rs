//! Reads the options of a command.

use std::ffi::OsString;

use lexopt::{Arg, Error, Parser};

/// Reads a command's options. `set` gets the name of each long option and the parser, from which
/// it takes a value; it returns whether it knows the name.
///
/// Returns whether `--help` or `-h` is among them.
///
/// # Errors
///
/// An option is unknown, or its value is missing or wrong.
pub fn read(
    arguments: Vec<OsString>,
    mut set: impl FnMut(&str, &mut Parser) -> Result<bool, Error>,
) -> Result<bool, Error> {
    let mut parser = Parser::from_args(arguments);
    let mut help = false;
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("help") | Arg::Short('h') => help = true,
            Arg::Long(name) => {
                let name = name.to_owned();
                if !set(&name, &mut parser)? {
                    return Err(Arg::Long(&name).unexpected());
                }
            }
            _ => return Err(argument.unexpected()),
        }
    }
    Ok(help)
}

#[cfg(test)]
mod tests {
    use lexopt::ValueExt as _;

    use super::*;

    fn read_words(words: &[&str]) -> Result<(bool, Vec<String>), String> {
        let mut values = Vec::new();
        let help = read(words.iter().map(Into::into).collect(), |name, parser| {
            match name {
                "list" => values.push(name.to_owned()),
                "only" => values.push(parser.value()?.string()?),
                _ => return Ok(false),
            }
            Ok(true)
        });
        Ok((help.map_err(|error| error.to_string())?, values))
    }

    #[test]
    fn options_are_read_in_their_order() {
        assert_eq!(read_words(&[]), Ok((false, vec![])));
        let all = read_words(&["--only", "url", "-h", "--list", "--only=frame"]);
        assert_eq!(
            all,
            Ok((true, ["url", "list", "frame"].map(String::from).into()))
        );
        assert_eq!(read_words(&["--help"]), Ok((true, vec![])));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let errors = [
            (&["--other"][..], "invalid option '--other'"),
            (&["-x"], "invalid option '-x'"),
            (&["url"], "unexpected argument \"url\""),
            (&["--only"], "missing argument for option '--only'"),
            (
                &["--list=x"],
                "unexpected argument for option '--list': \"x\"",
            ),
            (&["--help", "--other"], "invalid option '--other'"),
        ];
        for (words, error) in errors {
            assert_eq!(read_words(words), Err(error.to_owned()), "{words:?}");
        }
    }
}
