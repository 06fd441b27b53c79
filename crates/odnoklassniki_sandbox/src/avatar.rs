//! Generated portraits: the same id always has the same face.

use std::fmt::Write as _;

const SKINS: [&str; 4] = ["#f6d3b5", "#e9b98f", "#c98d63", "#8d5a3b"];
const HAIR: [&str; 6] = [
    "#2f2320", "#6b4226", "#b5793f", "#d9b36c", "#8a8f98", "#8c3b2b",
];
const SHIRTS: [&str; 6] = [
    "#0f766e", "#b45309", "#4d5bb3", "#a8456d", "#3f7d3a", "#475569",
];

/// Mixes the bits of an id, of which each part chooses a feature.
fn mix(id: u64) -> u64 {
    let mut bits = id.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    bits ^= bits >> 31;
    bits = bits.wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits ^ (bits >> 29)
}

fn pick<'a>(from: &[&'a str], bits: u64) -> &'a str {
    let index = usize::try_from(bits % from.len().max(1) as u64).unwrap_or(0);
    from.get(index).copied().unwrap_or_default()
}

/// Draws the portrait as an SVG element. It holds no text, so a page can include it as it is.
pub(crate) fn svg(id: u64) -> String {
    let bits = mix(id);
    let hue = bits % 360;
    let skin = pick(&SKINS, bits >> 9);
    let hair = pick(&HAIR, bits >> 17);
    let shirt = pick(&SHIRTS, bits >> 25);
    let crown = match (bits >> 33) % 4 {
        // Short, long, curly, parted.
        0 => format!(
            r##"<path d="M19 31c-1-22 27-22 26 0-2-8-6-10-13-10s-11 2-13 10z" fill="{hair}"/>"##
        ),
        1 => format!(
            r##"<path d="M17 46c-3-36 33-36 30 0l-4 1c2-18-3-24-11-24s-13 6-11 24z" fill="{hair}"/>"##
        ),
        2 => {
            let mut curls = String::new();
            for (x, y) in [(21, 24), (26, 18), (33, 16), (40, 19), (43, 25)] {
                // Writing to a String cannot fail.
                let _ = write!(
                    curls,
                    r##"<circle cx="{x}" cy="{y}" r="6" fill="{hair}"/>"##
                );
            }
            curls
        }
        _ => format!(
            r##"<path d="M19 32c-2-20 27-24 27-1-7-1-13-4-17-9-1 5-5 8-10 10z" fill="{hair}"/>"##
        ),
    };
    let behind = if (bits >> 33) % 4 == 1 {
        format!(r##"<path d="M17 48c-4-38 34-38 30 0z" fill="{hair}"/>"##)
    } else {
        String::new()
    };
    let mouth = match (bits >> 40) % 3 {
        0 => {
            r##"<path d="M27 39q5 5 10 0" fill="none" stroke="#7a2f2a" stroke-width="1.8" stroke-linecap="round"/>"##
        }
        1 => {
            r##"<path d="M27 38.500q5 7 10 0z" fill="#fff" stroke="#7a2f2a" stroke-width="1.2"/>"##
        }
        _ => r##"<path d="M29 40h6" stroke="#7a2f2a" stroke-width="1.8" stroke-linecap="round"/>"##,
    };
    let glasses = if (bits >> 45).is_multiple_of(4) {
        r##"<g fill="none" stroke="#33383f" stroke-width="1.4"><circle cx="27" cy="32" r="4"/><circle cx="37" cy="32" r="4"/><path d="M31 32h2"/></g>"##
    } else {
        ""
    };
    format!(
        r##"<svg class="face" viewBox="8 9 48 48" aria-hidden="true"><rect width="64" height="64" fill="hsl({hue} 46% 78%)"/>{behind}<path d="M10 66c0-15 9-19 22-19s22 4 22 19z" fill="{shirt}"/><path d="M27 42h10v7q-5 4-10 0z" fill="{skin}"/><ellipse cx="32" cy="32" rx="12.500" ry="14" fill="{skin}"/>{crown}<circle cx="27" cy="32" r="1.700" fill="#2b2624"/><circle cx="37" cy="32" r="1.700" fill="#2b2624"/>{glasses}{mouth}</svg>"##
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::people::FRIENDS;

    #[test]
    fn faces_stay_and_differ() {
        let faces: std::collections::HashSet<String> =
            FRIENDS.iter().map(|friend| svg(friend.id)).collect();
        assert_eq!(faces.len(), FRIENDS.len());
        assert_eq!(svg(7), svg(7));
    }
}
