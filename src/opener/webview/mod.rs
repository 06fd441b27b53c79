//! [`WebviewHost`]: OK's pages in a window of another program, which the game ships.

mod lines;
mod profile;
mod program;

use std::env;
use std::path::PathBuf;
use std::sync::Arc;

use super::{OkPage, OpenError, PageHost};
use lines::{FirstLine, RESUME, Report};
use profile::{Profile, Used};
use program::{Event, Program};

/// The name of the program, which a game ships in the folder of its own executable.
const NAME: &str = "odnoklassniki_webview";

/// Shows OK's pages in a window, with the program `odnoklassniki_webview` (feature `webview`): see
/// the README of the crate of that name for how a game ships it, and for what the window does.
///
/// ```
/// use bevy_odnoklassniki::{AppCredentials, OdnoklassnikiPlugin, WebviewHost};
/// OdnoklassnikiPlugin::new(AppCredentials::new("512000123456", "CBAPUBLICKEYBABABA"))
///     .with_page_host(WebviewHost::new().with_title("Castle"));
/// ```
///
/// The window is a process of its own. The game gives it the signed URL through a pipe, so it is in
/// no argument, environment or file. The plugin looks for the program beside the game's executable
/// only: one from elsewhere could be anybody's.
///
/// If the window cannot be shown, because the program or the system's web engine is missing, the page
/// opens in the player's browser, with the notice
/// [`BrowserInstead`](crate::NoticeKind::BrowserInstead). If the player closes the window, the
/// request ends as [`Cancelled`](crate::Outcome::Cancelled) by them. If the program fails later, it
/// ends as [`PageLost`](crate::RequestErrorKind::PageLost).
///
/// The browser is the better place for most players, and the default: they are logged in there. See
/// [`with_page_host`](crate::OdnoklassnikiPlugin::with_page_host).
#[derive(Clone, Debug)]
pub struct WebviewHost {
    program: Option<PathBuf>,
    /// Shared by the clones of a host.
    profile: Option<Arc<Profile>>,
    title: String,
    language: Option<String>,
    uses_browser: bool,
}

impl WebviewHost {
    /// Returns a host that keeps no cookies, and uses the browser where it cannot show a window.
    #[must_use]
    pub fn new() -> Self {
        Self {
            program: None,
            profile: None,
            title: String::new(),
            language: None,
            uses_browser: true,
        }
    }

    /// Sets the path of the program, in place of `odnoklassniki_webview` beside the game's
    /// executable. A game that calls `odnoklassniki_webview::serve_if_asked` names itself.
    ///
    /// A path that is not absolute counts from the folder of the game's executable.
    #[must_use]
    pub fn with_program(mut self, program: impl Into<PathBuf>) -> Self {
        self.program = Some(program.into());
        self
    }

    /// Sets what the window's title shows behind the host of the page: the name of the game.
    #[must_use]
    pub fn with_title(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// Keeps cookies, storage and the cache of OK's pages, so that the player stays logged in there.
    /// The default is to keep nothing.
    ///
    /// `folder` must be an absolute path in UTF-8. The web engine gets the folder
    /// `odnoklassniki-webview` inside of it, which only the player's account can read.
    ///
    /// When the player logs out ([`RequestLogout`](crate::RequestLogout)), the plugin removes that
    /// inner folder with all that is in it, and nothing else. If a window is just closing, that
    /// happens right after it. If the game ends before that, it happens before the next page opens:
    /// until then the empty file `odnoklassniki-webview.logged-out` lies beside the inner folder. If
    /// it cannot be removed, pages open with nothing kept, and the log says why.
    ///
    /// On macOS the engine keeps its files elsewhere. Where the inner folder is not there yet, the
    /// program has the engine forget all before a page loads.
    #[must_use]
    pub fn with_profile(mut self, folder: impl Into<PathBuf>) -> Self {
        self.profile = Some(Arc::new(Profile::new(folder.into())));
        self
    }

    /// Sets the language in which the window asks for pages, such as `ru`. The default is the
    /// system's. Only Linux needs it.
    #[must_use]
    pub fn with_language(mut self, language: impl Into<String>) -> Self {
        self.language = Some(language.into());
        self
    }

    /// Forbids the browser: where no window can be shown, requests end as
    /// [`CannotOpen`](crate::RequestErrorKind::CannotOpen).
    #[must_use]
    pub fn without_browser(mut self) -> Self {
        self.uses_browser = false;
        self
    }

    fn program(&self) -> Result<PathBuf, String> {
        let game = env::current_exe().map_err(|error| format!("the game has no path: {error}"))?;
        let folder = game.parent().ok_or("the game has no folder")?;
        let name = format!("{NAME}{}", env::consts::EXE_SUFFIX);
        // Joined to an absolute path, an absolute one replaces it.
        let program = folder.join(self.program.clone().unwrap_or_else(|| name.into()));
        match program.is_file() {
            true => Ok(program),
            false => Err(format!("there is no program {}", program.display())),
        }
    }

    /// Shows a page until it is over. An error says why there is no window.
    fn show(&self, page: OkPage) -> Result<(), String> {
        let profile = self.profile.as_ref();
        // Before the program, so that it goes last.
        let used = profile.map_or(Ok(None), Profile::enter)?;
        let mut program = Program::start(&self.program()?)?;
        page.on_over(program.ender());
        match program.wait_for_hello()? {
            true => {}
            // The request has ended meanwhile.
            false => return Ok(()),
        }
        let [return_url, redirect_uri] = page.return_urls();
        let line = FirstLine {
            url: page.url().expose(),
            returns: [&return_url, &redirect_uri],
            title: &self.title,
            profile: used.as_ref().map(Used::folder),
            language: self.language.as_deref(),
        };
        program.send(&line.text())?;
        let mut is_shown = false;
        loop {
            match program.next() {
                Event::Report(Report::Shown) => {
                    is_shown = true;
                    page.shown();
                }
                Event::Report(Report::Returned(url)) => {
                    if page.returned(&url) {
                        return Ok(());
                    }
                    // If it has gone, the next event says so.
                    _ = program.send(RESUME);
                }
                Event::Report(Report::Closed) => {
                    page.closed();
                    return Ok(());
                }
                Event::Report(Report::Failed(why)) if is_shown => {
                    page.lost(why);
                    return Ok(());
                }
                Event::Report(Report::Failed(why)) => return Err(why),
                Event::Report(Report::Hello(_) | Report::Other) => {}
                Event::Ended if is_shown => {
                    page.lost("the program of the window has ended");
                    return Ok(());
                }
                Event::Ended => return Err(program.how_it_ended()),
                Event::Over => return Ok(()),
            }
        }
    }
}

impl Default for WebviewHost {
    fn default() -> Self {
        Self::new()
    }
}

impl PageHost for WebviewHost {
    fn open(&self, page: OkPage) -> Result<(), OpenError> {
        self.show(page).map_err(|why| match self.uses_browser {
            true => OpenError::use_browser(why),
            false => OpenError::new(why),
        })
    }

    fn log_out(&self) {
        if let Some(profile) = &self.profile {
            profile.log_out();
        }
    }
}
