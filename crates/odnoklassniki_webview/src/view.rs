//! The window and its view.

use std::cell::RefCell;
use std::fs;
use std::io;
use std::path::Path;
use std::rc::Rc;

use tao::dpi::LogicalSize;
use tao::event_loop::{EventLoopProxy, EventLoopWindowTarget};
use tao::window::{Window, WindowBuilder};
use wry::{
    NewWindowResponse, PageLoadEvent, PermissionResponse, WebContext, WebView, WebViewBuilder,
};

use crate::order::Order;
use crate::output::Output;
use crate::protocol::{Page, Report};
use crate::rules::{Decision, Rules, origin, title};

/// OK's widgets are made for windows of about this size.
const SIZE: LogicalSize<f64> = LogicalSize::new(760.0, 640.0);

/// Checks what must be there before there can be an event loop.
pub(crate) fn prepare() -> Result<(), &'static str> {
    #[cfg(target_os = "linux")]
    gtk::init().map_err(|_| "there is no screen")?;
    Ok(())
}

/// A window that shows a page.
pub(crate) struct Shown {
    // Before its context and its window.
    _view: WebView,
    _context: WebContext,
    window: Window,
    title: String,
    rules: Rc<RefCell<Rules>>,
}

impl Shown {
    /// Opens a window and loads the page. An error says why not, without the URL.
    pub(crate) fn open(
        page: Page,
        target: &EventLoopWindowTarget<Order>,
        output: &Output,
        proxy: &EventLoopProxy<Order>,
    ) -> Result<Self, &'static str> {
        let is_ephemeral = page.profile.is_none();
        #[cfg(target_os = "macos")]
        let is_new = page.profile.as_ref().is_some_and(|folder| !folder.exists());
        if let Some(folder) = &page.profile {
            create_private(folder).map_err(|_| "the profile's folder cannot be made")?;
        }
        let window = WindowBuilder::new()
            .with_title(title(&origin(&page.url), &page.title))
            .with_inner_size(SIZE)
            .with_focused(true)
            .build(target)
            .map_err(|_| "there is no window")?;
        let rules = Rc::new(RefCell::new(Rules::new(page.returns)));
        let go = {
            let (rules, output, proxy) = (rules.clone(), output.clone(), proxy.clone());
            move |url: &str| {
                let decision = rules.borrow_mut().decide(url);
                if decision == Decision::Return {
                    match output.send(&Report::Returned(url)) {
                        true => _ = proxy.send_event(Order::Returned),
                        // Too long to be a callback.
                        false => rules.borrow_mut().resume(),
                    }
                }
                decision
            }
        };
        let mut context = WebContext::new(page.profile.or_else(folder_of_engine));
        let builder = WebViewBuilder::new_with_web_context(&mut context)
            .with_incognito(is_ephemeral)
            .with_devtools(false)
            .with_clipboard(false)
            .with_focused(true)
            .with_back_forward_navigation_gestures(false)
            .with_navigation_handler({
                let go = go.clone();
                move |url| go(&url) == Decision::Follow
            })
            .with_on_page_load_handler({
                let proxy = proxy.clone();
                move |event, url| {
                    if matches!(event, PageLoadEvent::Started) {
                        _ = proxy.send_event(Order::At(origin(&url)));
                    }
                }
            })
            // A return URL may hold a token: no other program gets it.
            .with_new_window_req_handler(move |url, _| {
                if go(&url) == Decision::Follow {
                    show_elsewhere(url);
                }
                NewWindowResponse::Deny
            })
            .with_download_started_handler(|_, _| false)
            .with_permission_handler(|_| PermissionResponse::Deny);
        let view = build(builder, &window).ok_or("there is no web view")?;
        #[cfg(target_os = "linux")]
        linux::set_up(&view, page.language.as_deref(), proxy);
        #[cfg(not(target_os = "linux"))]
        drop(page.language);
        #[cfg(target_os = "macos")]
        if is_new {
            // The engine does not keep it in the folder, so it is still there when that was removed.
            view.clear_all_browsing_data()
                .map_err(|_| "the profile cannot be cleared")?;
        }
        view.load_url(&page.url)
            .map_err(|_| "the page cannot be loaded")?;
        window.set_focus();
        Ok(Self {
            _view: view,
            _context: context,
            window,
            title: page.title,
            rules,
        })
    }

    /// Shows where the page is from.
    pub(crate) fn set_origin(&self, origin: &str) {
        self.window.set_title(&title(origin, &self.title));
    }

    /// Lets the page go on: the game says that it has not returned.
    pub(crate) fn resume(&self) {
        self.rules.borrow_mut().resume();
    }
}

#[cfg(target_os = "linux")]
fn build(builder: WebViewBuilder<'_>, window: &Window) -> Option<WebView> {
    use tao::platform::unix::WindowExtUnix as _;
    use wry::WebViewBuilderExtUnix as _;

    builder.build_gtk(window.default_vbox()?).ok()
}

#[cfg(not(target_os = "linux"))]
fn build(builder: WebViewBuilder<'_>, window: &Window) -> Option<WebView> {
    builder.build(window).ok()
}

/// Returns where an engine keeps its own files when it keeps nothing of the page. WebView2 wants to
/// write beside the program, where it may not.
fn folder_of_engine() -> Option<std::path::PathBuf> {
    cfg!(windows).then(|| std::env::temp_dir().join("odnoklassniki_webview"))
}

/// Makes a folder that only this user can read.
fn create_private(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
    }
    Ok(())
}

/// Gives a page that wanted a new window to the system's browser. WebKitGTK asks for a window only
/// after a click, so no page can open browsers by itself.
#[cfg(target_os = "linux")]
fn show_elsewhere(url: String) {
    if crate::rules::is_web(&url) {
        // It may wait for the program that it starts.
        _ = std::thread::Builder::new().spawn(move || webbrowser::open(&url));
    }
}

/// Does nothing: this engine does not say whether there was a click.
#[cfg(not(target_os = "linux"))]
fn show_elsewhere(url: String) {
    drop(url);
}

#[cfg(target_os = "linux")]
mod linux {
    use gtk::prelude::WidgetExt as _;
    use tao::event_loop::EventLoopProxy;
    use webkit2gtk::{ScriptDialogType, SettingsExt as _, WebContextExt as _, WebViewExt};
    use wry::{WebView, WebViewExtUnix as _};

    use crate::order::Order;

    /// Sets what `wry` has no words for.
    pub(super) fn set_up(view: &WebView, language: Option<&str>, proxy: &EventLoopProxy<Order>) {
        let view = view.webview();
        if let (Some(context), Some(language)) = (view.context(), language) {
            context.set_preferred_languages(&[language]);
        }
        if let Some(settings) = WebViewExt::settings(&view) {
            settings.set_javascript_can_open_windows_automatically(false);
            // The title must stay in sight.
            settings.set_enable_fullscreen(false);
        }
        // WebKitGTK's dialogs show the page's whole URL, with its tokens.
        view.connect_script_dialog(|_, dialog| {
            if dialog.dialog_type() == ScriptDialogType::BeforeUnloadConfirm {
                dialog.confirm_set_confirmed(true);
            }
            true
        });
        // A page that prints again and again would keep its window open. Printing also writes files.
        view.connect_print(|_, _| true);
        // A page that closes itself. `wry` destroys the view then, and with it what is connected to
        // the signal `close`.
        view.connect_destroy({
            let proxy = proxy.clone();
            move |_| _ = proxy.send_event(Order::Closed)
        });
        view.connect_web_process_terminated({
            let proxy = proxy.clone();
            move |_, _| _ = proxy.send_event(Order::Lost)
        });
    }
}
