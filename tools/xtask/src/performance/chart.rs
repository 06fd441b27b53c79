//! The charts of the page, as SVG.

use std::error::Error;
use std::path::Path;

use plotters::coord::cartesian::Cartesian2d;
use plotters::coord::ranged1d::{AsRangedCoord, Ranged, ValueFormatter};
use plotters::coord::{CoordTranslate, Shift};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

const WIDTH: u32 = 860;
/// One hue each; the first is ours.
const COLORS: [RGBColor; 4] = [
    RGBColor(0xee, 0x82, 0x08),
    RGBColor(0x1f, 0x77, 0xb4),
    RGBColor(0x2c, 0xa0, 0x2c),
    RGBColor(0x8c, 0x56, 0x4b),
];

type Drawn = Result<(), Box<dyn Error>>;

/// A name, and what belongs to it.
pub type Series<T> = (String, Vec<T>);

/// What the axes are called.
pub struct Axes<'a> {
    pub title: &'a str,
    pub x: &'a str,
    pub y: &'a str,
}

/// Draws lines over a linear or a logarithmic pair of axes.
///
/// # Errors
///
/// A value is missing in the data, or the file cannot be written.
pub fn lines(
    path: &Path,
    axes: &Axes<'_>,
    logarithmic: bool,
    series: &[Series<(f64, f64)>],
) -> Drawn {
    let points = || series.iter().flat_map(|(_, points)| points);
    let [left, right] = span(points().map(|(x, _)| *x))?;
    let [low, high] = span(points().map(|(_, y)| *y))?;
    if logarithmic {
        draw_lines(
            path,
            axes,
            (left..right).log_scale(),
            (low * 0.7..high * 1.4).log_scale(),
            series,
        )
    } else {
        draw_lines(path, axes, left..right, 0.0..high * 1.15, series)
    }
}

/// Returns the least and the greatest value.
///
/// # Errors
///
/// There is none, or one is no number: axes without an end would be drawn without an end.
fn span(values: impl Iterator<Item = f64>) -> Result<[f64; 2], Box<dyn Error>> {
    let mut span = [f64::INFINITY, f64::NEG_INFINITY];
    for value in values {
        if !value.is_finite() {
            return Err("a value is missing in the data".into());
        }
        span = [span[0].min(value), span[1].max(value)];
    }
    if span[0] > span[1] {
        return Err("a value is missing in the data".into());
    }
    Ok(span)
}

fn draw_lines<X, Y>(
    path: &Path,
    axes: &Axes<'_>,
    x: X,
    y: Y,
    series: &[Series<(f64, f64)>],
) -> Drawn
where
    X: AsRangedCoord<Value = f64>,
    Y: AsRangedCoord<Value = f64>,
    X::CoordDescType: ValueFormatter<f64> + Ranged<ValueType = f64>,
    Y::CoordDescType: ValueFormatter<f64> + Ranged<ValueType = f64>,
{
    let picture = canvas(path, 360)?;
    let mut chart = plot(&picture, axes, x, y)?;
    for ((name, points), color) in series.iter().zip(COLORS) {
        chart
            .draw_series(
                LineSeries::new(points.iter().copied(), color.stroke_width(2)).point_size(3),
            )?
            .label(name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], color.stroke_width(2)));
    }
    if series.len() > 1 {
        legend(&mut chart, SeriesLabelPosition::UpperLeft)?;
    }
    picture.present()?;
    Ok(())
}

/// Draws how often a value falls into each bin of this width, as shares of all.
///
/// # Errors
///
/// The file cannot be written.
pub fn histogram(path: &Path, axes: &Axes<'_>, bin: f64, series: &[Series<f64>]) -> Drawn {
    let shares: Vec<_> = series
        .iter()
        .map(|(name, values)| (name, shares(values, bin)))
        .collect();
    let bins = shares
        .iter()
        .map(|(_, shares)| shares.len())
        .max()
        .unwrap_or(1);
    let [_, high] = span(shares.iter().flat_map(|(_, shares)| shares.iter().copied()))?;
    let picture = canvas(path, 360)?;
    let mut chart = plot(&picture, axes, 0.0..bin * bins as f64, 0.0..high * 1.1)?;
    for ((name, shares), color) in shares.into_iter().zip(COLORS) {
        let bars = shares.into_iter().enumerate().map(|(place, share)| {
            let left = bin * place as f64;
            Rectangle::new([(left, 0.0), (left + bin, share)], color.mix(0.6).filled())
        });
        chart.draw_series(bars)?.label(name).legend(move |(x, y)| {
            Rectangle::new([(x, y - 4), (x + 16, y + 4)], color.mix(0.6).filled())
        });
    }
    legend(&mut chart, SeriesLabelPosition::UpperRight)?;
    picture.present()?;
    Ok(())
}

fn shares(values: &[f64], bin: f64) -> Vec<f64> {
    let mut counts = Vec::new();
    for value in values {
        let place = (value / bin) as usize;
        if counts.len() <= place {
            counts.resize(place + 1, 0.0);
        }
        counts[place] += 100.0 / values.len() as f64;
    }
    counts
}

/// Draws a bar for each value, by name. Of each group the series follow one another.
///
/// # Errors
///
/// The file cannot be written.
pub fn bars(
    path: &Path,
    title: &str,
    unit: &str,
    names: &[String],
    series: &[Series<f64>],
) -> Drawn {
    let (groups, each) = (names.len(), series.len().max(1));
    let picture = canvas(
        path,
        90 + u32::try_from(groups * (each * 18 + 12)).unwrap_or(u32::MAX),
    )?;
    let [low, high] = span(series.iter().flat_map(|(_, values)| values.iter().copied()))?;
    let low = low.min(0.0);
    let text = |place| ("sans-serif", 13).into_font().color(&BLACK).pos(place);
    let (before, after) = (
        text(Pos::new(HPos::Right, VPos::Center)),
        text(Pos::new(HPos::Left, VPos::Center)),
    );
    let mut widest = 0;
    for name in names {
        widest = widest.max(picture.estimate_text_size(name, &before)?.0);
    }
    // From above, a unit for each group.
    let mut chart = frame(&picture, title)
        .x_label_area_size(40)
        .y_label_area_size(widest + 16)
        .build_cartesian_2d(low..high.max(0.0) * 1.12, groups as f64..0.0)?;
    let label = |value: &f64| number(*value);
    let mesh = &mut chart.configure_mesh();
    mesh.disable_y_mesh()
        .disable_y_axis()
        .y_labels(0)
        .x_desc(unit)
        .x_label_formatter(&label);
    mesh.light_line_style(WHITE).draw()?;

    chart.draw_series(names.iter().enumerate().map(|(group, name)| {
        EmptyElement::at((low, group as f64 + 0.5))
            + Text::new(name.clone(), (-8, 0), before.clone())
    }))?;
    let thick = 0.8 / each as f64;
    for (place, ((name, values), color)) in series.iter().zip(COLORS).enumerate() {
        let top = |group: usize| group as f64 + 0.1 + place as f64 * thick;
        let numbers = values.iter().enumerate().map(|(group, &value)| {
            EmptyElement::at((value.max(0.0), top(group) + thick / 2.0))
                + Text::new(number(value), (6, 0), after.clone())
        });
        chart.draw_series(numbers)?;
        let bars = values.iter().enumerate().map(|(group, &value)| {
            Rectangle::new(
                [(0.0, top(group)), (value, top(group) + thick)],
                color.filled(),
            )
        });
        chart
            .draw_series(bars)?
            .label(name)
            .legend(move |(x, y)| Rectangle::new([(x, y - 4), (x + 16, y + 4)], color.filled()));
    }
    if each > 1 {
        legend(&mut chart, SeriesLabelPosition::LowerRight)?;
    }
    picture.present()?;
    Ok(())
}

type Canvas<'a> = DrawingArea<SVGBackend<'a>, Shift>;

type Chart<'a, 'b, X, Y> = ChartContext<
    'a,
    SVGBackend<'b>,
    Cartesian2d<<X as AsRangedCoord>::CoordDescType, <Y as AsRangedCoord>::CoordDescType>,
>;

fn canvas(path: &Path, height: u32) -> Result<Canvas<'_>, Box<dyn Error>> {
    plotters::style::register_font(
        "sans-serif",
        FontStyle::Normal,
        epaint_default_fonts::UBUNTU_LIGHT,
    )
    .map_err(|_| "the font cannot be read")?;
    let picture = SVGBackend::new(path, (WIDTH, height)).into_drawing_area();
    picture.fill(&WHITE)?;
    Ok(picture)
}

fn frame<'a, 'b>(picture: &'a Canvas<'b>, title: &str) -> ChartBuilder<'a, 'b, SVGBackend<'b>> {
    let mut chart = ChartBuilder::on(picture);
    chart
        .caption(title, ("sans-serif", 18))
        .margin(12)
        .margin_right(28);
    chart
}

/// Returns a chart with both axes drawn.
fn plot<'a, 'b, X, Y>(
    picture: &'a Canvas<'b>,
    axes: &Axes<'_>,
    x: X,
    y: Y,
) -> Result<Chart<'a, 'b, X, Y>, Box<dyn Error>>
where
    X: AsRangedCoord<Value = f64>,
    Y: AsRangedCoord<Value = f64>,
    X::CoordDescType: ValueFormatter<f64> + Ranged<ValueType = f64>,
    Y::CoordDescType: ValueFormatter<f64> + Ranged<ValueType = f64>,
{
    let mut chart = frame(picture, axes.title)
        .x_label_area_size(40)
        .y_label_area_size(72)
        .build_cartesian_2d(x, y)?;
    let label = |value: &f64| number(*value);
    let mesh = &mut chart.configure_mesh();
    mesh.x_desc(axes.x)
        .y_desc(axes.y)
        .x_label_formatter(&label)
        .y_label_formatter(&label);
    mesh.light_line_style(WHITE).draw()?;
    Ok(chart)
}

/// Draws the names of the series.
fn legend<'a, 'b: 'a, C: CoordTranslate>(
    chart: &mut ChartContext<'a, SVGBackend<'b>, C>,
    position: SeriesLabelPosition,
) -> Drawn {
    let legend = &mut chart.configure_series_labels();
    legend
        .position(position)
        .background_style(WHITE)
        .border_style(BLACK.mix(0.3))
        .draw()?;
    Ok(())
}

/// Returns a number as people read it: three digits that count.
pub fn number(value: f64) -> String {
    let digits = match value.abs() {
        size if size >= 100.0 || size == 0.0 => 0,
        size if size >= 10.0 => 1,
        size if size >= 1.0 => 2,
        _ => 3,
    };
    let text = format!("{value:.digits$}");
    let text = if digits > 0 {
        text.trim_end_matches('0').trim_end_matches('.')
    } else {
        &text
    };
    // Groups of three digits.
    let (whole, rest) = text
        .split_once('.')
        .map_or((text, String::new()), |(whole, rest)| {
            (whole, format!(".{rest}"))
        });
    let (sign, whole) = whole
        .strip_prefix('-')
        .map_or(("", whole), |whole| ("-", whole));
    let mut grouped = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{sign}{grouped}{rest}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        let texts = [0.0, 0.0456, 1.5, 12.34, 999.6, 12_345.6, -7.0, 1_234_567.0].map(number);
        assert_eq!(
            texts,
            [
                "0",
                "0.046",
                "1.5",
                "12.3",
                "1,000",
                "12,346",
                "-7",
                "1,234,567"
            ]
        );
    }

    #[test]
    fn long_names_have_room() {
        let file = std::env::temp_dir().join(format!("ok-chart-{}.svg", std::process::id()));
        let name = "a name that is longer than all others, and then some";
        bars(
            &file,
            "title",
            "unit",
            &[name.to_owned()],
            &[("series".to_owned(), vec![1.0])],
        )
        .unwrap();
        let chart = std::fs::read_to_string(&file).unwrap();
        std::fs::remove_file(file).unwrap();
        // Where its end is, to the right of which the bars begin.
        let (before, _) = chart.split_once(name).unwrap();
        let (_, end) = before.rsplit_once(" x=\"").unwrap();
        let end: u32 = end.split('"').next().unwrap().parse().unwrap();
        assert!(end > 250, "{end}: {before}");
    }

    #[test]
    fn shares_are_of_all() {
        assert_eq!(shares(&[0.5, 0.9, 2.5, 2.6], 1.0), [50.0, 0.0, 50.0]);
        assert!(shares(&[], 1.0).is_empty());
    }

    #[test]
    fn lines_without_a_value_are_refused() {
        let axes = Axes {
            title: "",
            x: "",
            y: "",
        };
        for points in [vec![], vec![(1.0, f64::NAN), (2.0, 1.0)]] {
            let series = [("a".to_owned(), points)];
            let drawn = lines(Path::new("not written"), &axes, false, &series);
            assert_eq!(
                drawn.unwrap_err().to_string(),
                "a value is missing in the data"
            );
        }
    }
}
