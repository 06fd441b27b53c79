//! Writes the web's return page for a game.

use std::fs;
use std::path::Path;

use crate::workspace;

const NAME: &str = "odnoklassniki.html";

/// Copies the return page to `path` if that ends in `.html`, or else into that folder. Creates the
/// folder, and prints where the page is.
///
/// # Errors
///
/// The folder cannot be created, or the file not written.
#[expect(clippy::print_stdout, reason = "a program for the command line")]
pub fn command(path: &Path) -> Result<bool, String> {
    let page = workspace::root().join("assets/pages").join(NAME);
    let is_file = path
        .extension()
        .is_some_and(|extension| extension == "html");
    let target = match is_file {
        true => path.to_owned(),
        false => path.join(NAME),
    };
    let folder = target.parent().unwrap_or(path);
    fs::create_dir_all(folder)
        .map_err(|error| format!("the folder {} cannot be created: {error}", folder.display()))?;
    fs::copy(&page, &target)
        .map_err(|error| format!("{} cannot be written: {error}", target.display()))?;
    println!("{}", target.display());
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_game_gets_the_page_of_this_repository() {
        let folder = std::env::temp_dir().join(format!("return-page-{}", std::process::id()));
        assert_eq!(command(&folder), Ok(true), "a folder that is new");
        assert_eq!(command(&folder.join("other.html")), Ok(true));
        let page = fs::read(workspace::root().join("assets/pages").join(NAME)).unwrap();
        for name in [NAME, "other.html"] {
            assert!(fs::read(folder.join(name)).unwrap() == page, "{name}");
        }
        let error = command(&folder.join(NAME).join("below a file")).unwrap_err();
        assert!(error.starts_with("the folder "), "{error}");
        fs::remove_dir_all(&folder).unwrap();
    }
}
