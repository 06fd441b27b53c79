//! The pages that the game's page host shows, so that their windows close with their requests.

use std::sync::Arc;

use crate::opener::PageLife;
use crate::request::RequestId;

/// The open pages of a page host. Dropping it, when the game ends, ends them.
#[derive(Default)]
pub(super) struct HostedPages(Vec<(RequestId, Arc<PageLife>)>);

impl HostedPages {
    pub(super) fn add(&mut self, id: RequestId, page: Arc<PageLife>) {
        self.0.push((id, page));
    }

    /// Ends the page of a request that is over, or whose page opens anew.
    pub(super) fn end(&mut self, id: RequestId) {
        for (_, page) in self.0.extract_if(.., |(owner, _)| *owner == id) {
            page.end();
        }
    }
}

impl Drop for HostedPages {
    fn drop(&mut self) {
        for (_, page) in &self.0 {
            page.end();
        }
    }
}
