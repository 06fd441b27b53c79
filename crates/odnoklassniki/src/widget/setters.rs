//! The setters that all widgets share.

use super::kind::WidgetKind;
use super::param::Param;
use super::parameters::Parameters;
use crate::error::FieldError;

/// The setters of every widget.
///
/// Setters never fail. [`Widget::validate`] and the URL builder name what cannot be sent. An empty
/// text removes the parameter.
///
/// A type of your own gets the setters like this:
///
/// ```
/// use odnoklassniki::{Parameters, WidgetParameters};
///
/// #[derive(Default)]
/// struct MyRequest {
///     parameters: Parameters,
/// }
///
/// impl WidgetParameters for MyRequest {
///     fn parameters(&self) -> &Parameters {
///         &self.parameters
///     }
///     fn parameters_mut(&mut self) -> &mut Parameters {
///         &mut self.parameters
///     }
/// }
///
/// let request = MyRequest::default().nohead(true);
/// assert_eq!(request.parameters().get("st.nohead"), Some("on"));
/// ```
pub trait WidgetParameters: Sized {
    /// Returns the parameters.
    fn parameters(&self) -> &Parameters;

    /// Returns the parameters, to be changed.
    fn parameters_mut(&mut self) -> &mut Parameters;

    /// Sets `st.popup`: center the window and fit its size. OK's default: off. \[documented; OK's
    /// Android SDK always sends on\]
    #[must_use]
    fn popup(mut self, on: bool) -> Self {
        self.parameters_mut().set_switch(Param::Popup, on);
        self
    }

    /// Sets `st.nohead`: hide OK's page header. OK's default: off. \[documented\]
    #[must_use]
    fn nohead(mut self, on: bool) -> Self {
        self.parameters_mut().set_switch(Param::Nohead, on);
        self
    }

    /// Sets `st.silent`: close the window when done. OK's default: off; ignored when there is a
    /// return URL. \[documented for the post widget; OK's Android SDK sends it for all three\]
    #[must_use]
    fn silent(mut self, on: bool) -> Self {
        self.parameters_mut().set_switch(Param::Silent, on);
        self
    }

    /// Sets `st.nocancel`: by its name, hide the page's own cancel button. Only `on` is known, so
    /// `false` removes it. \[undocumented; sent by OK's iOS SDK\]
    #[must_use]
    fn nocancel(mut self, on: bool) -> Self {
        let value = if on { "on" } else { "" };
        self.parameters_mut().set(Param::Nocancel, value);
        self
    }

    /// Sets `st.state`: a text that OK signs and hands back with the result. ASCII without control
    /// characters; OK states no length limit. \[documented for invite and suggest; whether the post
    /// widget hands it back is not known\]
    ///
    /// ```
    /// use odnoklassniki::*;
    /// assert!(InviteWidget::new().state("room-7").validate().is_ok());
    /// assert_eq!(InviteWidget::new().state("комната-7").validate().unwrap_err().field(), "st.state");
    /// ```
    #[must_use]
    fn state(mut self, state: impl Into<String>) -> Self {
        self.parameters_mut().set(Param::State, state);
        self
    }

    /// Sets a parameter that has no setter, unsigned. [`Widget::validate`] refuses the names of
    /// setters and of the URL itself (`st.cmd`, `st.app`, `st.signature`, `st.access_token`,
    /// `st.session_key`), in any letter case.
    ///
    /// ```
    /// use odnoklassniki::*;
    /// assert!(InviteWidget::new().extra("st.theme", "dark").validate().is_ok());
    /// let error = InviteWidget::new().extra("st.return", "https://game.example/").validate().unwrap_err();
    /// assert_eq!(error.field(), "st.return");
    /// ```
    #[must_use]
    fn extra(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.parameters_mut().set_extra(name.into(), value.into());
        self
    }
}

/// A widget with its parameters, ready for a URL.
///
/// Only a widget has a return URL of its own. A type with [`WidgetParameters`] alone belongs to a
/// listener, which gives one ([`ReturnTo::return_url`](crate::ReturnTo::return_url)).
pub trait Widget: WidgetParameters {
    /// Which widget it is: decides `st.cmd` and what [`validate`](Widget::validate) requires.
    const KIND: WidgetKind;

    /// Sets `st.return`: where OK sends the browser with the result. An absolute ASCII URL of any
    /// scheme, without query and fragment, because it is not known how OK appends the result to
    /// them. Without a return URL the result comes as a message to the window that opened the page.
    /// \[documented\]
    ///
    /// Leave it out when a listener receives the callback and gives its URL
    /// ([`ReturnTo::return_url`](crate::ReturnTo::return_url)).
    ///
    /// ```
    /// use odnoklassniki::*;
    /// assert!(InviteWidget::new().return_url("okgame://invited").validate().is_ok());
    /// let error = InviteWidget::new().return_url("https://game.example/?a=1").validate().unwrap_err();
    /// assert_eq!(error.field(), "st.return");
    /// ```
    #[must_use]
    fn return_url(mut self, url: impl Into<String>) -> Self {
        self.parameters_mut().set(Param::Return, url);
        self
    }

    /// Sets `st.redirect_uri`: a twin of `st.return` with a different form of callback. The same
    /// limits. Prefer [`return_url`](Widget::return_url). \[undocumented; sent by OK's
    /// iOS SDK\]
    #[must_use]
    fn redirect_uri(mut self, url: impl Into<String>) -> Self {
        self.parameters_mut().set(Param::RedirectUri, url);
        self
    }

    /// Checks that OK could take these parameters. The URL builder calls it first.
    ///
    /// # Errors
    /// The first parameter that is missing or cannot be sent.
    ///
    /// ```
    /// use odnoklassniki::*;
    /// assert!(InviteWidget::new().validate().is_ok());
    /// let error = InviteWidget::new().target(["friend"]).validate().unwrap_err();
    /// assert_eq!(error.field(), "st.target");
    /// let error = PostWidget::new(Attachment::new()).validate().unwrap_err();
    /// assert_eq!(error.field(), "st.attachment.media");
    /// ```
    fn validate(&self) -> Result<(), FieldError> {
        self.parameters().validate(Self::KIND)
    }
}
