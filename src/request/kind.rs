//! [`RequestKind`]: what a request asks for.

macro_rules! request_kind {
    ($($module:ident: $kind:ident($request:ident => $finished:ident) $kit:tt,)+) => {
        /// What a request asks for: one variant for each request message. More may come: match with
        /// a wildcard.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum RequestKind {
            $(
                #[doc = concat!(
                    "A [`", stringify!($request), "`](crate::", stringify!($request),
                    "), whose result is a [`", stringify!($finished), "`](crate::",
                    stringify!($finished), ").",
                )]
                $kind,
            )+
        }

        impl RequestKind {
            /// Returns a short name for logs and tables: `login`, `post`, `invite` or `suggest`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$kind => stringify!($module),)+
                }
            }

            /// Returns the kind with this name.
            pub(crate) fn from_name(name: &str) -> Option<Self> {
                [$(Self::$kind,)+].into_iter().find(|kind| kind.name() == name)
            }
        }
    };
}
super::kinds::kinds!(request_kind);
