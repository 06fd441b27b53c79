//! Writes the web's return page for a game.

use std::fs;
use std::path::Path;

use crate::workspace;

const NAME: &str = "odnoklassniki.html";

/// Copies the return page to `path`, or into it if it is a folder.
///
/// # Errors
///
/// The file cannot be read or written.
pub fn command(path: &Path) -> Result<bool, String> {
    let page = workspace::root().join("assets/pages").join(NAME);
    let target = if path.is_dir() {
        path.join(NAME)
    } else {
        path.to_owned()
    };
    fs::copy(&page, &target)
        .map_err(|error| format!("{} to {}: {error}", page.display(), target.display()))?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_game_gets_the_page_of_this_repository() {
        let folder = std::env::temp_dir().join(format!("return-page-{}", std::process::id()));
        fs::create_dir(&folder).unwrap();
        assert_eq!(command(&folder), Ok(true));
        assert_eq!(command(&folder.join("other.html")), Ok(true));
        let page = fs::read(workspace::root().join("assets/pages").join(NAME)).unwrap();
        for name in [NAME, "other.html"] {
            assert!(fs::read(folder.join(name)).unwrap() == page, "{name}");
        }
        assert!(command(&folder.join("no such folder/x.html")).is_err());
        fs::remove_dir_all(&folder).unwrap();
    }
}
