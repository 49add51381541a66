//! What pages look like: an organisation's name, colour and logo, and an application's own on the way to it. Uploaded pictures are
//! never served: they are read, and drawn anew as PNG (SB-07).
use std::io::Cursor;

use domain::{EventKind, Refusal, Right, audit_events::Target, colour::Colour};
use image::{ImageFormat, ImageReader, Limits, imageops::FilterType};
use serde_json::json;
use sha2::{Digest, Sha256};
use storage::{
    Bytes,
    oauth::applications::{list_applications, set_application},
    policy::{
        config_version::change_config_version,
        images::{add_image, find_image, keep_images},
        organisations::{Organisation, load_organisation, set_organisation},
    },
};

use crate::{
    Error, RequestContext, oidc_provider::registered::settings_of, services::Branding,
    transaction::Transactions,
};

pub use issuer::Brand;

/// The most that an uploaded picture may have, in bytes.
pub const UPLOAD: usize = 512 * 1024;
/// The most pixels of a side that are read.
const SIDE: u32 = 4096;
/// What is kept: enough for a header on a dense screen.
const WIDTH: u32 = 480;
const HEIGHT: u32 = 128;

/// What a page shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// The organisation's name.
    pub name: String,
    /// Six digits, or empty.
    pub colour: String,
    /// The picture's digest, or empty.
    pub logo: String,
}

/// Why a picture was not taken: the key of what to do.
pub type WrongPicture = &'static str;

/// A picture, drawn anew: PNG, at most 480 × 128, and its digest.
///
/// # Errors
/// `logo-large`, `logo-type`.
pub fn redraw(upload: &[u8]) -> Result<(String, Vec<u8>), WrongPicture> {
    if upload.len() > UPLOAD {
        return Err("logo-large");
    }
    // By its first bytes, not by what the upload calls itself.
    let mut reader =
        ImageReader::new(Cursor::new(upload)).with_guessed_format().map_err(|_| "logo-type")?;
    if !matches!(reader.format(), Some(ImageFormat::Png | ImageFormat::Jpeg | ImageFormat::WebP)) {
        return Err("logo-type");
    }
    let mut limits = Limits::default();
    (limits.max_image_width, limits.max_image_height, limits.max_alloc) =
        (Some(SIDE), Some(SIDE), Some(96 << 20));
    reader.limits(limits);
    let picture = reader.decode().map_err(|error| {
        if matches!(error, image::ImageError::Limits(_)) { "logo-large" } else { "logo-type" }
    })?;
    let fits = picture.width() <= WIDTH && picture.height() <= HEIGHT;
    let drawn = if fits { picture } else { picture.resize(WIDTH, HEIGHT, FilterType::Lanczos3) };
    let mut png = Cursor::new(Vec::new());
    // Pixels only: no text, no profile, nothing behind the end of the picture.
    drawn.to_rgba8().write_to(&mut png, ImageFormat::Png).map_err(|_| "logo-type")?;
    let png = png.into_inner();
    let hash: String = Sha256::digest(&png).iter().take(16).map(|b| format!("{b:02x}")).collect();
    Ok((hash, png))
}

impl Branding {
    /// What pages look like, in an application if one is given.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn look(&self, client: Option<&str>) -> Result<Look, Error> {
        let mut conn = self.store.read().await?;
        let row = self.configuration().organisation_row(&mut conn).await?;
        let mut brand: Brand = serde_json::from_str(&row.brand)?;
        if let Some(client) = client
            && let Some(registered) =
                self.configuration().registered_client(&mut conn, client).await?
        {
            let own = registered.settings.brand;
            brand = Brand {
                colour: Some(own.colour).filter(|c| !c.is_empty()).unwrap_or(brand.colour),
                logo: Some(own.logo).filter(|l| !l.is_empty()).unwrap_or(brand.logo),
            };
        }
        Ok(Look {
            name: row.name.clone(),
            colour: Colour::parse(&brand.colour).map(Colour::hex).unwrap_or_default(),
            logo: brand.logo,
        })
    }

    /// What the console's page shows.
    ///
    /// # Errors
    /// [`Refusal::Forbidden`] without [`Right::ChangeBrand`].
    pub async fn admin_brand(&self, ctx: &RequestContext) -> Result<Look, Error> {
        self.admin_rights().allowed(ctx, Right::ChangeBrand).await?;
        self.look(None).await
    }

    /// Saves name and colour; an empty colour is ours.
    ///
    /// # Errors
    /// As [`crate::Branding::admin_brand`]; inside, a field that cannot be saved.
    pub async fn save_brand(
        &self,
        ctx: &RequestContext,
        name: &str,
        colour: &str,
    ) -> Result<Result<(), crate::admin::organisations::FieldError>, Error> {
        self.admin_rights().allowed(ctx, Right::ChangeBrand).await?;
        let (name, colour) = (name.trim().to_owned(), colour.trim().to_owned());
        if name.is_empty() || name.chars().count() > 60 || name.chars().any(char::is_control) {
            return Ok(Err(("name", "field-name")));
        }
        if !colour.is_empty() && Colour::parse(&colour).is_none() {
            return Ok(Err(("colour", "field-colour")));
        }
        self.administer::<_, Error, _>(ctx, Right::ChangeBrand, move |this, c, admin| {
            Box::pin(async move {
                let row = load_organisation(c, this.org).await?;
                let brand = Brand {
                    colour: Colour::parse(&colour).map(Colour::hex).unwrap_or_default(),
                    ..serde_json::from_str(&row.brand)?
                };
                let detail = json!({"name": name, "colour": brand.colour});
                let target = Target::Organisation(row.slug.clone());
                set_organisation(
                    c,
                    &Organisation { name, brand: serde_json::to_string(&brand)?, ..row },
                )
                .await?;
                this.record(c, admin.event(EventKind::BrandChanged, target).detail(detail)).await
            })
        })
        .await
        .map(Ok)
    }

    /// Takes a logo for the organisation, or for an application; without one, takes it away.
    ///
    /// # Errors
    /// [`Refusal::Forbidden`], [`Refusal::NotFound`]; inside, why the picture was not taken.
    pub async fn set_logo(
        &self,
        ctx: &RequestContext,
        client: Option<&str>,
        upload: Option<Vec<u8>>,
    ) -> Result<Result<(), WrongPicture>, Error> {
        let right = if client.is_some() { Right::ChangeApplications } else { Right::ChangeBrand };
        self.admin_rights().allowed(ctx, right).await?;
        let drawn = match upload {
            None => None,
            Some(upload) => match tokio::task::spawn_blocking(move || redraw(&upload))
                .await
                .map_err(|e| Error::Internal(e.to_string()))?
            {
                Ok(drawn) => Some(drawn),
                Err(wrong) => return Ok(Err(wrong)),
            },
        };
        let client = client.map(str::to_owned);
        self.administer::<_, Error, _>(ctx, right, move |this, c, admin| {
            Box::pin(async move {
                let logo = drawn.as_ref().map(|(hash, _)| hash.clone()).unwrap_or_default();
                if let Some((hash, png)) = &drawn {
                    add_image(c, this.org, hash, png, this.now()).await?;
                }
                let row = load_organisation(c, this.org).await?;
                let mut own: Brand = serde_json::from_str(&row.brand)?;
                let slug = row.slug.clone();
                let mut applications = list_applications(c, this.org).await?;
                match &client {
                    None => {
                        own.logo.clone_from(&logo);
                        set_organisation(
                            c,
                            &Organisation { brand: serde_json::to_string(&own)?, ..row },
                        )
                        .await?;
                    }
                    Some(client) => {
                        let row = applications
                            .iter_mut()
                            .find(|a| a.client_id == *client)
                            .ok_or(Refusal::NotFound)?;
                        let mut settings = settings_of(row);
                        settings.brand.logo.clone_from(&logo);
                        row.settings = serde_json::to_string(&settings)?;
                        set_application(c, row).await?;
                        change_config_version(c, this.org).await?;
                    }
                }
                let target = match &client {
                    Some(client) => Target::Application(client.clone()),
                    None => Target::Organisation(slug),
                };
                // What nothing shows any more goes.
                let used: Vec<String> = applications
                    .iter()
                    .map(|a| settings_of(a).brand.logo)
                    .chain([own.logo])
                    .filter(|l| !l.is_empty())
                    .collect();
                keep_images(c, this.org, &used).await?;
                this.record(
                    c,
                    admin
                        .event(EventKind::BrandChanged, target)
                        .detail(json!({"logo": logo, "application": client.unwrap_or_default()})),
                )
                .await
            })
        })
        .await
        .map(Ok)
    }

    /// A picture of this organisation, as we drew it.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn picture(&self, hash: &str) -> Result<Option<Bytes>, Error> {
        Ok(find_image(&mut self.store.read().await?, self.org, hash).await?)
    }
}

#[cfg(test)]
mod tests {
    use image::{DynamicImage, RgbaImage};

    use super::*;

    fn drawn(format: ImageFormat, width: u32, height: u32) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        let picture = DynamicImage::ImageRgba8(RgbaImage::from_pixel(
            width,
            height,
            image::Rgba([31, 95, 139, 255]),
        ));
        let picture = if format == ImageFormat::Jpeg {
            DynamicImage::ImageRgb8(picture.to_rgb8())
        } else {
            picture
        };
        picture.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    /// Shows SB-07: what follows a picture, or hides in its text, does not come out again.
    #[test]
    fn sb_07_only_pixels_of_an_upload_survive() {
        for format in [ImageFormat::Png, ImageFormat::Jpeg] {
            let mut polyglot = drawn(format, 20, 10);
            polyglot.extend_from_slice(b"<html><script>alert(1)</script>");
            let (hash, png) = redraw(&polyglot).unwrap();
            assert!(
                png.starts_with(b"\x89PNG") && !String::from_utf8_lossy(&png).contains("script")
            );
            assert_eq!(hash.len(), 32);
            let again = image::load_from_memory(&png).unwrap();
            assert_eq!((again.width(), again.height()), (20, 10));
        }
        let (_, png) = redraw(&drawn(ImageFormat::Png, 2000, 500)).unwrap();
        let small = image::load_from_memory(&png).unwrap();
        assert_eq!(
            (small.width(), small.height()),
            (480, 120),
            "large ones are drawn smaller, in their shape"
        );
    }

    #[test]
    fn sb_07_what_is_no_picture_of_pixels_is_refused_and_so_is_a_bomb() {
        let svg = br#"<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>"#;
        for wrong in
            [svg.as_slice(), b"", b"GIF89a\x01\x00\x01\x00", b"\x89PNG\r\n\x1a\n broken", b"<html>"]
        {
            assert_eq!(redraw(wrong).unwrap_err(), "logo-type");
        }
        assert_eq!(redraw(&vec![0; UPLOAD + 1]).unwrap_err(), "logo-large");
        // A few kilobytes that would become a gigabyte.
        assert_eq!(redraw(&drawn(ImageFormat::Png, 6000, 6000)).unwrap_err(), "logo-large");
    }
}
