//! iOS: OK's page in a session of `ASWebAuthenticationSession`. It runs on the main thread.

use core::cell::RefCell;
use std::sync::mpsc::sync_channel;

use bevy_app::App;
use bevy_odnoklassniki::{OdnoklassnikiPlugin, OkPage, OpenError, PageHost, ReturnLinks};
use block2::RcBlock;
use dispatch2::DispatchQueue;
use objc2::rc::Retained;
use objc2::runtime::{NSObject, NSObjectProtocol, ProtocolObject};
use objc2::{AnyThread, DefinedClass, MainThreadMarker, MainThreadOnly, define_class, msg_send};
use objc2_authentication_services::{
    ASWebAuthenticationPresentationContextProviding, ASWebAuthenticationSession,
    ASWebAuthenticationSessionErrorCode, ASWebAuthenticationSessionErrorDomain,
};
use objc2_foundation::{NSError, NSString, NSURL};
use objc2_ui_kit::{UIApplication, UIWindow};

use crate::session_end::SessionEnd;

pub(crate) fn configure(
    plugin: OdnoklassnikiPlugin,
    scheme: &str,
    _app: &mut App,
) -> OdnoklassnikiPlugin {
    plugin
        .with_page_host(AuthenticationSessions(scheme.to_owned()))
        .with_return_links(ReturnLinks::scheme(scheme))
}

/// Shows each page in a session that ends with a URL of this scheme.
struct AuthenticationSessions(String);

impl PageHost for AuthenticationSessions {
    fn open(&self, page: OkPage) -> Result<(), OpenError> {
        let scheme = self.0.clone();
        let (sender, started) = sync_channel(1);
        DispatchQueue::main().exec_async(move || _ = sender.send(start(page, &scheme)));
        let ended = |_| OpenError::new("the main thread has ended");
        started.recv().map_err(ended)?
    }
}

/// A session with what must live as long.
struct OpenSession {
    id: u64,
    page: OkPage,
    session: Retained<ASWebAuthenticationSession>,
    /// The session itself holds it weakly.
    _context: Retained<PresentationContext>,
}

#[derive(Default)]
struct Sessions {
    last_id: u64,
    open: Vec<OpenSession>,
}

thread_local! {
    /// Of the main thread.
    static SESSIONS: RefCell<Sessions> = RefCell::default();
}

/// Starts a session, on the main thread.
fn start(page: OkPage, scheme: &str) -> Result<(), OpenError> {
    let no_main_thread = || OpenError::new("not on the main thread");
    let main = MainThreadMarker::new().ok_or_else(no_main_thread)?;
    let no_window = || OpenError::new("the game has no window yet");
    let window = key_window(main).ok_or_else(no_window)?;
    let context = PresentationContext::new(main, window);
    let no_url = || OpenError::new("the system does not accept the page's URL");
    let url = NSURL::URLWithString(&NSString::from_str(page.url().expose())).ok_or_else(no_url)?;

    let id = SESSIONS.with_borrow_mut(|sessions| {
        sessions.last_id += 1;
        sessions.last_id
    });
    let session = new_session(id, &url, scheme);
    // SAFETY: the session holds the context weakly, so that it need not outlive the session.
    unsafe {
        session.setPresentationContextProvider(Some(ProtocolObject::from_ref(&*context)));
    }
    page.on_over(move || DispatchQueue::main().exec_async(move || cancel(id)));
    SESSIONS.with_borrow_mut(|sessions| {
        sessions.open.push(OpenSession {
            id,
            page,
            session: session.clone(),
            _context: context,
        });
    });
    // SAFETY: on the main thread, once, with a context.
    if unsafe { session.start() } {
        return Ok(());
    }
    drop(take(id));
    Err(OpenError::new("the system did not start the session"))
}

fn new_session(id: u64, url: &NSURL, scheme: &str) -> Retained<ASWebAuthenticationSession> {
    let on_end = RcBlock::new(move |url: *mut NSURL, error: *mut NSError| {
        // SAFETY: the system gives a valid URL for the length of this call, or null.
        let url = unsafe { url.as_ref() };
        // SAFETY: likewise, an error.
        let error = unsafe { error.as_ref() };
        let end = session_end(url, error);
        DispatchQueue::main().exec_async(move || finish(id, end));
    });
    let scheme = NSString::from_str(scheme);
    #[expect(deprecated, reason = "what replaces it needs iOS 17.4")]
    // SAFETY: the block is valid, and the session copies it.
    unsafe {
        ASWebAuthenticationSession::initWithURL_callbackURLScheme_completionHandler(
            ASWebAuthenticationSession::alloc(),
            url,
            Some(&scheme),
            RcBlock::as_ptr(&on_end),
        )
    }
}

fn session_end(url: Option<&NSURL>, error: Option<&NSError>) -> SessionEnd {
    if let Some(url) = url.and_then(NSURL::absoluteString) {
        return SessionEnd::Returned(url.to_string());
    }
    let Some(error) = error else {
        return SessionEnd::Failed("the session ended without a result".to_owned());
    };
    // SAFETY: a constant of the system's library.
    let own_domain = unsafe { ASWebAuthenticationSessionErrorDomain };
    let (domain, code) = (error.domain(), error.code());
    if *domain == *own_domain && code == ASWebAuthenticationSessionErrorCode::CanceledLogin.0 {
        return SessionEnd::Closed;
    }
    SessionEnd::Failed(format!("the session failed: {domain} {code}"))
}

/// Takes a session that is open. The first who does decides how its page ends.
fn take(id: u64) -> Option<OpenSession> {
    SESSIONS.with_borrow_mut(|sessions| {
        let index = sessions.open.iter().position(|open| open.id == id)?;
        Some(sessions.open.swap_remove(index))
    })
}

/// Ends the page of a session that has ended.
fn finish(id: u64, end: SessionEnd) {
    if let Some(open) = take(id) {
        end.apply(open.page);
    }
}

/// Closes the session of a request that is over.
fn cancel(id: u64) {
    if let Some(open) = take(id) {
        // SAFETY: on the main thread; a session that has ended ignores it.
        unsafe { open.session.cancel() };
    }
}

fn key_window(main: MainThreadMarker) -> Option<Retained<UIWindow>> {
    #[expect(deprecated, reason = "a game of Bevy's has one scene")]
    UIApplication::sharedApplication(main).keyWindow()
}

define_class!(
    /// Tells the system over which window a session appears.
    // SAFETY: `NSObject` may be subclassed, and this class has no `Drop`.
    #[unsafe(super(NSObject))]
    #[thread_kind = MainThreadOnly]
    #[ivars = Retained<UIWindow>]
    struct PresentationContext;

    // SAFETY: it asks for nothing that `NSObject` does not have.
    unsafe impl NSObjectProtocol for PresentationContext {}

    // SAFETY: its one method is below.
    unsafe impl ASWebAuthenticationPresentationContextProviding for PresentationContext {}

    impl PresentationContext {
        // SAFETY: the method of the protocol has this signature: a session, and an object returned
        // that the caller need not release.
        #[unsafe(method_id(presentationAnchorForWebAuthenticationSession:))]
        fn presentation_anchor(
            &self,
            _session: &ASWebAuthenticationSession,
        ) -> Retained<UIWindow> {
            self.ivars().clone()
        }
    }
);

impl PresentationContext {
    fn new(main: MainThreadMarker, window: Retained<UIWindow>) -> Retained<Self> {
        let this = Self::alloc(main).set_ivars(window);
        // SAFETY: `init` of `NSObject` takes nothing and returns the object.
        unsafe { msg_send![super(this), init] }
    }
}
