//! Making the signed address of a request's page.

use core::fmt;

use odnoklassniki::{
    ApplicationId, Hosts, ReturnTo, Signature, Signer, WidgetKind, WidgetUrlBuilder,
};
use zeroize::Zeroizing;

use super::draft::Draft;
use crate::callback::{ReturnToken, Target};
use crate::error::{RequestError, RequestErrorKind};

/// A signed page.
pub(crate) struct Signed {
    pub(crate) target: Target,
    pub(crate) signature: Signature,
}

/// All that is needed to sign a request's page, here or on a thread of its own.
pub(crate) struct ToSign {
    app_id: ApplicationId,
    hosts: Hosts,
    draft: Draft,
    return_url: Zeroizing<String>,
}

impl ToSign {
    pub(crate) fn new(
        app_id: ApplicationId,
        hosts: Hosts,
        draft: Draft,
        origin: &str,
        back: &ReturnToken,
    ) -> Self {
        // The whole capacity at once: a string that grows leaves copies of the token behind.
        let parts = [origin, "/r/", back.expose()];
        let mut return_url = Zeroizing::new(String::with_capacity(
            parts.iter().map(|part| part.len()).sum(),
        ));
        parts.iter().for_each(|part| return_url.push_str(part));
        Self {
            app_id,
            hosts,
            draft,
            return_url,
        }
    }

    /// What goes out as `st.state`: the game's own, else the request's number. For posts nothing
    /// says that OK hands it back, so there only the game's own is sent.
    pub(crate) fn state(&self) -> Option<String> {
        let own = self.draft.parameters.get("st.state").map(ToOwned::to_owned);
        own.or_else(|| {
            (self.draft.kind != WidgetKind::Post).then(|| self.draft.id.get().to_string())
        })
    }

    pub(crate) fn sign(&self, signer: &Signer) -> Result<Signed, RequestError> {
        let state = self.state();
        let reply = ReturnTo {
            return_url: Some(&self.return_url),
            state: state.as_deref(),
        };
        let mut builder = WidgetUrlBuilder::new(self.app_id).with_hosts(self.hosts.clone());
        let address =
            builder.build_parameters(self.draft.kind, &self.draft.parameters, reply, signer)?;
        let signature = address.signature().clone();
        // The builder percent-encodes everything, so this cannot fail.
        let target = Target::new(address.expose().to_owned()).map_err(|error| {
            RequestError::new(RequestErrorKind::InvalidRequest, error.to_string())
        })?;
        Ok(Signed { target, signature })
    }
}

/// It holds the return token.
impl fmt::Debug for ToSign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ToSign")
            .field("app_id", &self.app_id)
            .field("draft", &self.draft)
            .finish_non_exhaustive()
    }
}
