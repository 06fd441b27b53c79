//! The names OK gives to the parameters.

macro_rules! names {
    ($($name:ident $text:literal)*) => {
        /// A parameter that has a setter and is kept as text.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum Param {
            $($name,)*
        }

        impl Param {
            /// All of them, in the order of their texts.
            pub(crate) const ALL: [Self; [$($text),*].len()] = [$(Self::$name),*];

            /// As it stands in the address.
            pub(crate) const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

names! {
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

/// The attachment, whose value is not kept as text.
pub(crate) const ATTACHMENT: &str = "st.attachment";

/// Parameters that the address builder writes itself.
pub(crate) const OF_THE_BUILDER: [&str; 5] = [
    "st.access_token",
    "st.app",
    "st.cmd",
    "st.session_key",
    "st.signature",
];

/// Whether a setter or the address builder writes this parameter; letter case does not count.
pub(crate) fn is_owned(name: &str) -> bool {
    let setters = Param::ALL.into_iter().map(Param::as_str);
    setters
        .chain([ATTACHMENT])
        .chain(OF_THE_BUILDER)
        .any(|owned| owned.eq_ignore_ascii_case(name))
}
