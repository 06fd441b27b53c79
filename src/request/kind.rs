//! [`RequestKind`]: what a request asks for.

macro_rules! request_kind {
    ($($module:ident: $kind:ident($request:ident => $finished:ident),)+) => {
        /// What a request asks for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum RequestKind {
            $(
                #[doc = concat!("[`", stringify!($request), "`](crate::", stringify!($request), ").")]
                $kind,
            )+
        }

        impl RequestKind {
            /// Returns a short name for logs and tables, such as `invite`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$kind => stringify!($module),)+
                }
            }
        }
    };
}
super::kinds::kinds!(request_kind);
