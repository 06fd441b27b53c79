//! Finding the programs that some tests need, and what to do when they are not there.

use std::env;
use std::ffi::OsString;
use std::fmt;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The browsers that tests drive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Brand {
    /// Or Chrome.
    Chromium,
    /// Any release.
    Firefox,
    /// WebKitGTK's own little browser.
    WebKit,
}

/// The two programs that every browser test needs.
#[derive(Clone, Debug)]
pub struct Programs {
    /// Which browser it is.
    pub brand: Brand,
    /// The browser.
    pub browser: PathBuf,
    /// Its driver: the chromedriver or `WebKitWebDriver` of the same version, or geckodriver.
    pub driver: PathBuf,
}

/// Why a test cannot run here. Never a fault of what is tested.
#[derive(Debug)]
pub struct Missing(pub String);

/// A kind of tests that needs programs which are not everywhere.
pub struct Kind {
    /// What the tests cannot do without, in words.
    pub needs: &'static str,
    /// The variable that forbids to skip them.
    pub require: &'static str,
    /// The variable that skips them. The other one is stronger.
    pub skip: &'static str,
}

/// Tests that drive a real browser.
pub const BROWSER: Kind = Kind {
    needs: "a browser",
    require: "OK_REQUIRE_BROWSER",
    skip: "OK_SKIP_BROWSER",
};

/// Tests that talk to a real keyring.
pub const KEYRING: Kind = Kind {
    needs: "a keyring",
    require: "OK_REQUIRE_KEYRING",
    skip: "OK_SKIP_KEYRING",
};

/// Tests that need a network of their own.
pub const NAMESPACE: Kind = Kind {
    needs: "a network namespace",
    require: "OK_REQUIRE_NAMESPACE",
    skip: "OK_SKIP_NAMESPACE",
};

/// Tests with OK's page in a window.
const WEBVIEW: Kind = Kind {
    needs: "the program odnoklassniki_webview",
    require: "OK_REQUIRE_WEBVIEW",
    skip: "OK_SKIP_WEBVIEW",
};

/// Tests of what phones get, with Java and Android's tools.
pub const JAVA: Kind = Kind {
    needs: "Java with Android's tools",
    require: "OK_REQUIRE_JAVA",
    skip: "OK_SKIP_JAVA",
};

/// Returns the program that shows OK's page in a window, which the step `webview` has built. `None`
/// after saying that the test is skipped.
pub fn webview_or_skip() -> Option<PathBuf> {
    WEBVIEW.find_or_skip(|| {
        let program = env::var_os("OK_WEBVIEW").map(PathBuf::from);
        program.filter(|program| program.is_file()).ok_or_else(|| {
            Missing("OK_WEBVIEW does not name it (scripts/test --only webview)".into())
        })
    })
}

/// Returns whether a keyring can be had for a test.
pub fn keyring() -> Result<(), Missing> {
    let path = env::var_os("PATH").unwrap_or_default();
    for name in ["dbus-run-session", "gnome-keyring-daemon"] {
        if on_path(Path::new(name), &path).is_none() {
            return Err(Missing(format!(
                "there is no {name} on PATH (Debian: apt-get install dbus gnome-keyring)"
            )));
        }
    }
    Ok(())
}

impl Kind {
    /// Returns what `find` found, or `None` after it has printed that the test is skipped and why.
    ///
    /// # Panics
    ///
    /// Where a skipped test is a failure.
    pub fn find_or_skip<T>(&self, find: impl FnOnce() -> Result<T, Missing>) -> Option<T> {
        let required = is_set(self.require);
        let missing = if is_set(self.skip) && !required {
            Missing(format!("{} is set", self.skip))
        } else {
            match find() {
                Ok(found) => return Some(found),
                Err(missing) => missing,
            }
        };
        assert!(
            !required,
            "{} is required ({} is set), but {missing}",
            self.needs, self.require
        );
        let test = std::thread::current().name().unwrap_or("a test").to_owned();
        // Straight to standard error: the test runner hides what the print macros of a passing test
        // write.
        let _ = writeln!(io::stderr(), "SKIPPED: {test}, because {missing}");
        None
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Programs {
    /// Looks at `CHROMIUM` and `CHROMEDRIVER`, `FIREFOX` and `GECKODRIVER`, or `MINIBROWSER` and
    /// `WEBKITWEBDRIVER`, then on `PATH`, then where Debian and `scripts/test` put them. `None`
    /// after saying that the test is skipped.
    pub fn find_or_skip(brand: Brand) -> Option<Self> {
        let (browser, driver) = match brand {
            Brand::Chromium => (&CHROMIUM, &CHROMEDRIVER),
            Brand::Firefox => (&FIREFOX, &GECKODRIVER),
            Brand::WebKit => (&MINIBROWSER, &WEBKITWEBDRIVER),
        };
        let find = |wanted: &Wanted| program(wanted, env::var_os(wanted.variable), &path());
        BROWSER.find_or_skip(|| {
            Ok(Self {
                brand,
                browser: find(browser)?,
                driver: find(driver)?,
            })
        })
    }
}

/// A program that may be called differently on different systems.
pub struct Wanted {
    /// The variable that names another one.
    pub variable: &'static str,
    /// What it is called.
    pub names: &'static [&'static str],
    /// How to get it.
    pub remedy: &'static str,
}

const CHROMIUM: Wanted = Wanted {
    variable: "CHROMIUM",
    names: &["chromium", "chromium-browser", "google-chrome"],
    remedy: "Debian: apt-get install chromium",
};
const CHROMEDRIVER: Wanted = Wanted {
    variable: "CHROMEDRIVER",
    names: &["chromedriver"],
    remedy: "Debian: apt-get install chromium-driver",
};
const FIREFOX: Wanted = Wanted {
    variable: "FIREFOX",
    names: &["firefox", "firefox-esr"],
    remedy: "Debian: apt-get install firefox-esr",
};
const GECKODRIVER: Wanted = Wanted {
    variable: "GECKODRIVER",
    names: &["geckodriver"],
    remedy: "scripts/test --only browser installs it; or: cargo install geckodriver --locked",
};
const MINIBROWSER: Wanted = Wanted {
    variable: "MINIBROWSER",
    // It is not for users, so Debian and Fedora keep it out of `PATH`.
    names: &[
        "MiniBrowser",
        "/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser",
        "/usr/lib/aarch64-linux-gnu/webkit2gtk-4.1/MiniBrowser",
        "/usr/libexec/webkit2gtk-4.1/MiniBrowser",
    ],
    remedy: "Debian: apt-get install webkit2gtk-driver",
};
const WEBKITWEBDRIVER: Wanted = Wanted {
    variable: "WEBKITWEBDRIVER",
    names: &["WebKitWebDriver"],
    remedy: "Debian: apt-get install webkit2gtk-driver",
};

/// Finds a program: the one that `given` names if that is set, else the first of its names on
/// `path`.
pub fn program(
    wanted: &Wanted,
    given: Option<OsString>,
    path: &OsString,
) -> Result<PathBuf, Missing> {
    let Wanted {
        variable,
        names,
        remedy,
    } = wanted;
    if let Some(given) = given.filter(|given| !given.is_empty()) {
        return on_path(Path::new(&given), path)
            .ok_or_else(|| Missing(format!("{variable} names no program: {}", given.display())));
    }
    names
        .iter()
        .find_map(|name| on_path(Path::new(name), path))
        .ok_or_else(|| {
            Missing(format!(
                "there is no {} on PATH ({remedy}; or name it in {variable})",
                names.join(" or ")
            ))
        })
}

/// `PATH`, and at its end the folder into which `scripts/test` installs what Debian does not have.
fn path() -> OsString {
    let cache = env::var_os("XDG_CACHE_HOME")
        .filter(|folder| !folder.is_empty())
        .map(PathBuf::from);
    let cache = cache.or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".cache")));
    let own = cache.map(|cache| cache.join("bevy_odnoklassniki/geckodriver/bin"));
    let path = env::var_os("PATH").unwrap_or_default();
    // Folders that cannot be joined have a colon in their names; then they could not be on `PATH`
    // either.
    env::join_paths(env::split_paths(&path).chain(own)).unwrap_or(path)
}

/// Looks up a program. A name with a slash is a path already.
pub(crate) fn on_path(name: &Path, path: &OsString) -> Option<PathBuf> {
    if name.components().count() > 1 {
        return name.is_file().then(|| name.to_owned());
    }
    env::split_paths(path)
        .chain([PathBuf::from("/usr/bin")])
        .map(|folder| folder.join(name))
        .find(|candidate| candidate.is_file())
}

/// Returns whether a variable is set to anything but nothing and `0`.
fn is_set(variable: &str) -> bool {
    env::var_os(variable).is_some_and(|value| !value.is_empty() && value != "0")
}
