//! The widget pages that wait for a button.

use std::collections::VecDeque;
use std::sync::Arc;

use super::request::{Content, WidgetRequest};
use super::response::{Delivery, Outcome, deliver};
use crate::bounded::push;
use crate::error_code::{CANCELLED, Refusal};
use crate::random;
use crate::records::Records;

const MAX_PAGES: usize = 200;

/// A page that waits for a button.
struct OpenPage {
    id: String,
    request: Arc<WidgetRequest>,
    /// The query of the page, to show it again.
    query: String,
    /// The result of the first button. A second press gets the same.
    result: Option<(Outcome, Delivery)>,
}

/// What the player's browser sends when they press a button.
pub(crate) struct Submission<'a> {
    pub(crate) page_id: &'a str,
    pub(crate) publish: bool,
    pub(crate) comment: &'a str,
    pub(crate) friends: &'a [u64],
}

/// What the dialog does next.
pub(crate) enum WidgetStep {
    /// The sandbox does not know the page.
    UnknownPage,
    /// The player has chosen no friend: show the page with this query again.
    ShowAgain(Arc<WidgetRequest>, String),
    Finish(Arc<WidgetRequest>, Outcome, Delivery),
}

#[derive(Default)]
pub(crate) struct WidgetDialog {
    pages: VecDeque<OpenPage>,
}

impl WidgetDialog {
    /// Remembers a page that the player is about to see. Returns its id.
    pub(crate) fn open(&mut self, request: Arc<WidgetRequest>, query: String) -> String {
        let id = random::page_id();
        let page = OpenPage {
            id: id.clone(),
            request,
            query,
            result: None,
        };
        push(&mut self.pages, MAX_PAGES, page);
        id
    }

    /// Acts on a button.
    pub(crate) fn submit(
        &mut self,
        records: &mut Records,
        submission: &Submission<'_>,
    ) -> WidgetStep {
        let page = self
            .pages
            .iter_mut()
            .find(|page| page.id == submission.page_id);
        let Some(page) = page else {
            return WidgetStep::UnknownPage;
        };
        let request = Arc::clone(&page.request);
        if let Some((outcome, delivery)) = &page.result {
            return WidgetStep::Finish(request, outcome.clone(), delivery.clone());
        }
        let outcome = if submission.publish {
            let chosen: Vec<u64> = offered(&request)
                .filter(|id| submission.friends.contains(id))
                .collect();
            if matches!(request.content, Content::Invitation { .. }) && chosen.is_empty() {
                return WidgetStep::ShowAgain(request, page.query.clone());
            }
            records.complete(&request, submission.comment, chosen)
        } else {
            Outcome::Refused(Refusal::requested(CANCELLED))
        };
        let delivery = deliver(&request.return_to, Some(&request.key), &outcome);
        page.result = Some((outcome.clone(), delivery.clone()));
        WidgetStep::Finish(request, outcome, delivery)
    }
}

/// Completes a request without a page. An invitation goes to `friends`, or to those that the
/// request has chosen, or to the first two.
pub(crate) fn accept(
    records: &mut Records,
    request: &WidgetRequest,
    friends: Option<Vec<u64>>,
) -> Outcome {
    let (comment, to) = match &request.content {
        Content::Post { .. } => ("", Vec::new()),
        Content::Invitation {
            comment, chosen, ..
        } => {
            let usual = if chosen.is_empty() {
                offered(request).take(2).collect()
            } else {
                chosen.clone()
            };
            (comment.as_str(), friends.unwrap_or(usual))
        }
    };
    records.complete(request, comment, to)
}

/// Returns the ids of the friends on the page.
fn offered(request: &WidgetRequest) -> impl Iterator<Item = u64> {
    let offered: &[_] = match &request.content {
        Content::Invitation { offered, .. } => offered,
        Content::Post { .. } => &[],
    };
    offered.iter().map(|friend| friend.id)
}
