/** A phone's picture at the size that a work order needs. What cannot be decoded is sent as it is. */
const EDGE_PIXELS_MAX = 1_600;
const JPEG_QUALITY = 0.82;
const SMALL_BYTES = 600 * 1024;

export async function shrinkPhoto(photo: File): Promise<File> {
  if (photo.size <= SMALL_BYTES) return photo;
  try {
    const picture = await createImageBitmap(photo);
    const scale = Math.min(1, EDGE_PIXELS_MAX / Math.max(picture.width, picture.height));
    const canvas = document.createElement('canvas');
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    canvas.getContext('2d')?.drawImage(picture, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/jpeg', JPEG_QUALITY));
    if (!blob || blob.size >= photo.size) return photo;
    return new File([blob], photo.name.replace(/\.\w+$/, '.jpg'), { type: 'image/jpeg' });
  } catch {
    return photo;
  }
}
