//! OK's names of the parameters.

macro_rules! params {
    ($($param:ident $name:literal)*) => {
        /// A parameter that has a setter and is kept as text.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum Param {
            $($param,)*
        }

        impl Param {
            /// All of them, in the order of their names.
            pub(crate) const ALL: [Self; [$($name),*].len()] = [$(Self::$param),*];

            /// Returns its name in a URL.
            pub(crate) const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$param => $name,)*
                }
            }
        }
    };
}

params! {
    Autosel "st.autosel"
    Comment "st.comment"
    CustomArgs "st.custom_args"
    GroupId "st.groupId"
    Nocancel "st.nocancel"
    Nohead "st.nohead"
    Popup "st.popup"
    RedirectUri "st.redirect_uri"
    Return "st.return"
    Silent "st.silent"
    State "st.state"
    Target "st.target"
    TargetOnly "st.target_only"
    Utext "st.utext"
}

/// The attachment, which has a setter and is kept as JSON.
pub(crate) const ATTACHMENT: &str = "st.attachment";

/// Parameters that the URL builder writes itself.
pub(crate) const OF_THE_BUILDER: [&str; 5] = [
    "st.access_token",
    "st.app",
    "st.cmd",
    "st.session_key",
    "st.signature",
];

/// Returns whether a setter or the URL builder writes this parameter, in any letter case.
pub(crate) fn is_owned(name: &str) -> bool {
    let setters = Param::ALL.into_iter().map(Param::as_str);
    setters
        .chain([ATTACHMENT])
        .chain(OF_THE_BUILDER)
        .any(|owned| owned.eq_ignore_ascii_case(name))
}
